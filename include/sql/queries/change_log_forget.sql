-- Drop the commits of a product that its repository no longer has: a rewritten branch, a tag made by mistake.
DELETE FROM release_ops.change_log AS c
WHERE c.product = %(product)s
    AND NOT EXISTS (SELECT FROM change_log_stage AS s WHERE s.product = c.product AND s.commit = c.commit)
