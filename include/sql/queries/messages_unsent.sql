-- Messages that wait to be sent or were refused, the oldest first; of one product if given.
-- optional: product
SELECT * FROM release_ops.message
WHERE state <> 'sent' AND product = coalesce(%(product)s, product)
ORDER BY created_at, key
