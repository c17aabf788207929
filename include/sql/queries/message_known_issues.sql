-- The open issues of a product that carry one of some labels, of this release or of none, the worst first.
SELECT issue, title, url
FROM release_ops.issue
WHERE product = %(product)s AND state = 'open'
    AND milestone IN ('', %(version)s)
    AND EXISTS (
        SELECT FROM unnest(labels) AS label
        WHERE lower(label) IN (SELECT lower(jsonb_array_elements_text(%(labels)s)))
    )
ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', ''], severity), repository, issue
