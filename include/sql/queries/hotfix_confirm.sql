-- Somebody looked whether a hotfix has done what it is for.
UPDATE release_ops.hotfix
SET criteria_met = %(criteria_met)s, confirmed_at = %(confirmed_at)s, confirmed_by = %(confirmed_by)s
WHERE product = %(product)s AND version = %(version)s
