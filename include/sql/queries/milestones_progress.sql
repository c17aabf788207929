-- Where the milestones of all releases stand and when they were done; of some products if their ids are given, as a list.
-- optional: products
SELECT product, version, kind, state, actual_at, updated_at FROM release_ops.milestone
WHERE %(products)s::jsonb IS NULL OR product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s)))
