-- A hotfix passed a station: what is known of it already stays.
-- optional: branch_at, approved_at, approved_by, tested_at, tag, tagged_at, deployed_at, merged_back_at, retrospective_due_at
UPDATE release_ops.hotfix SET
    branch_at = coalesce(branch_at, %(branch_at)s),
    approved_at = coalesce(%(approved_at)s, approved_at),
    approved_by = coalesce(%(approved_by)s, approved_by),
    tested_at = coalesce(%(tested_at)s, tested_at),
    tag = coalesce(tag, %(tag)s),
    tagged_at = coalesce(tagged_at, %(tagged_at)s),
    deployed_at = coalesce(deployed_at, %(deployed_at)s),
    merged_back_at = coalesce(merged_back_at, %(merged_back_at)s),
    retrospective_due_at = coalesce(retrospective_due_at, %(retrospective_due_at)s)
WHERE product = %(product)s AND version = %(version)s
