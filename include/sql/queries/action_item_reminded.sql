-- Write down that the owner of an action item was reminded.
UPDATE release_ops.action_item SET told_at = %(told_at)s, reminders = %(reminders)s
WHERE product = %(product)s AND version = %(version)s AND id = %(id)s
