-- Record the move of a date; recorded again, the first record stays.
-- optional: reason_from
INSERT INTO release_ops.slip (
    product, version, category, entry, sequence, title, old_on, new_on, noticed_on, noticed_at, policy, policy_reason,
    moved_ga, implausible, reason, reason_from
)
VALUES (
    %(product)s, %(version)s, %(category)s, %(entry)s, %(sequence)s, %(title)s, %(old_on)s, %(new_on)s, %(noticed_on)s,
    %(noticed_at)s, %(policy)s, %(policy_reason)s, %(moved_ga)s, %(implausible)s, %(reason)s, %(reason_from)s
)
ON CONFLICT (product, version, category, entry, sequence) DO NOTHING
