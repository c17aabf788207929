-- Open conflicts in which some products, given by id, take part, by the later of their dates.
SELECT key, kind, severity, accepted, message, proposal, first_product, first_version, first_milestone, first_planned_at,
    second_product, second_version, second_milestone, second_planned_at
FROM release_ops.conflict
WHERE resolved_at IS NULL
    AND (first_product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s)))
        OR second_product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s))))
ORDER BY greatest(first_planned_at, second_planned_at), key
