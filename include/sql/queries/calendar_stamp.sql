-- What tells one state of the calendars' rows from another, of some products if their ids are given: a change of a row gives it a higher xmin.
-- optional: products
SELECT concat_ws(' ',
    (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM release_ops.milestone
        WHERE %(products)s::jsonb IS NULL OR product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s)))),
    (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM release_ops.calendar_entry
        WHERE %(products)s::jsonb IS NULL OR product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s)))),
    (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM release_ops.conflict
        WHERE resolved_at IS NULL AND (%(products)s::jsonb IS NULL
            OR first_product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s)))
            OR second_product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s)))))
) AS stamp
