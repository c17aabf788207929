-- End what is known from sources that the product file does not name any more.
UPDATE release_ops.budget_entry SET known_until = %(at)s
WHERE product = %(product)s AND kind = %(kind)s AND known_until IS NULL
    AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(%(sources)s) AS s (source) WHERE s.source = budget_entry.source)
