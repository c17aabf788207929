-- A stakeholder or audience was told, or could not be (error).
-- optional: told_at, told_by, error
UPDATE release_ops.expectation
SET told_at = %(told_at)s, told_by = coalesce(%(told_by)s, ''), error = coalesce(%(error)s, '')
WHERE product = %(product)s AND version = %(version)s AND kind = %(kind)s AND event = %(event)s
    AND is_person = %(is_person)s AND party = %(party)s
