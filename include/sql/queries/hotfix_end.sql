-- A hotfix is at its end, or, with a null state, goes on after all.
UPDATE release_ops.hotfix SET ended_at = %(ended_at)s, end_state = %(end_state)s
WHERE product = %(product)s AND version = %(version)s
