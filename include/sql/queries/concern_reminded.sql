-- The owner of a concern was told that it is overdue.
UPDATE release_ops.concern SET told_at = %(told_at)s, reminders = %(reminders)s
WHERE id = %(id)s AND reminders < %(reminders)s
