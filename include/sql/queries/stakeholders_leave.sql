-- Those of a product's register who are not among `ids` any more have left it.
UPDATE release_ops.stakeholder SET left_at = %(at)s
WHERE product = %(product)s AND left_at IS NULL AND NOT %(ids)s::jsonb ? id
