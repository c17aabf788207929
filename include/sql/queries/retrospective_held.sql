-- Write down that the meeting of a review was held; the first word stays.
UPDATE release_ops.retrospective
SET held_at = %(held_at)s, held_by = %(held_by)s
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s AND held_at IS NULL
