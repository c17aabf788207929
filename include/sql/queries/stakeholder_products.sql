-- Products that have a register or messages to people, by name.
SELECT product FROM release_ops.stakeholder WHERE left_at IS NULL
UNION SELECT product FROM release_ops.stakeholder_message WHERE product <> '*'
ORDER BY product
