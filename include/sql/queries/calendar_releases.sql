-- Type and theme of the releases of some products that have begun, also of those that left their files.
SELECT product, version, type, theme
FROM release_ops.release
WHERE product = ANY (ARRAY(SELECT jsonb_array_elements_text(%(products)s)))
