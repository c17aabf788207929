-- Keep what a review says; a later one replaces it.
UPDATE release_ops.retrospective
SET made_at = %(made_at)s, status = %(status)s, facts = %(facts)s
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s
