-- Action items that people took up in reviews of a product that were created before a time, open and overdue ones first.
SELECT * FROM release_ops.action_item
WHERE product = %(product)s AND created_at < %(before)s AND version <> %(version)s AND state IN ('open', 'done')
    AND (state = 'open' OR closed_at >= %(since)s)
ORDER BY array_position(ARRAY['open', 'done'], state), due_on, version, id
LIMIT 50
