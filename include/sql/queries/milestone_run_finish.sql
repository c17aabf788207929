-- A run ends as done, blocked, not_applied or failed, with its reason; what is done does not fail any more.
-- optional: reason
UPDATE release_ops.milestone_run SET
    state = %(state)s, finished_at = %(finished_at)s, reason = coalesce(%(reason)s, reason)
WHERE run_id = %(run_id)s AND dag_id = %(dag_id)s AND NOT (state = 'done' AND %(state)s = 'failed')
