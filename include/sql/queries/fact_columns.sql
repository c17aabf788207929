-- Columns of a table: name, whether it must not be null, default, and place in the primary key.
SELECT
    a.attname AS name,
    a.attnotnull AS required,
    pg_get_expr(d.adbin, d.adrelid) AS value,
    COALESCE(array_position(i.indkey::smallint[], a.attnum) + 1, 0) AS place
FROM pg_attribute AS a
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
