-- What is on record of the calendars' entries, of some products if their ids are given; with a period, only releases with a date in it or of these versions.
-- optional: products, versions, start, end
WITH wanted AS (
    SELECT product, version FROM release_ops.calendar_entry
    WHERE planned_at >= %(start)s AND planned_at < %(end)s
        AND (%(products)s::jsonb IS NULL OR product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s))))
    UNION
    SELECT product, version FROM release_ops.milestone
    WHERE actual_at >= %(start)s AND actual_at < %(end)s
        AND (%(products)s::jsonb IS NULL OR product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s))))
), moves AS (
    SELECT product, version, category, entry, title, planned_at, ends_at, first_planned_on, sequence, changed_at
    FROM release_ops.calendar_entry
    WHERE (%(products)s::jsonb IS NULL OR product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s))))
        AND (%(start)s::timestamptz IS NULL OR version = ANY (ARRAY(SELECT jsonb_array_elements_text(%(versions)s)))
            OR (product, version) IN (SELECT product, version FROM wanted))
), progress AS (
    SELECT product, version, 'milestone' AS category, kind AS entry, state, actual_at, updated_at
    FROM release_ops.milestone
    WHERE (%(products)s::jsonb IS NULL OR product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s))))
        AND (%(start)s::timestamptz IS NULL OR version = ANY (ARRAY(SELECT jsonb_array_elements_text(%(versions)s)))
            OR (product, version) IN (SELECT product, version FROM wanted))
)
SELECT product, version, category, entry, moves.title, moves.planned_at, moves.ends_at, moves.first_planned_on, moves.sequence,
    moves.changed_at, progress.state, progress.actual_at, progress.updated_at
FROM moves FULL JOIN progress USING (product, version, category, entry)
