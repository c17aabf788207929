-- Action items of a product, a release, or all, open ones first by the day on which they are due.
-- optional: product, version, open_only
SELECT * FROM release_ops.action_item
WHERE product = coalesce(%(product)s, product) AND version = coalesce(%(version)s, version)
    AND (state IN ('proposed', 'open') OR %(open_only)s::boolean IS NOT TRUE)
ORDER BY array_position(ARRAY['open', 'proposed', 'done', 'dropped'], state), due_on, gain_days DESC NULLS LAST, product, version, id
LIMIT %(limit)s
