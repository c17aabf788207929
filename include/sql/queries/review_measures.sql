-- What others measured of two releases of a product.
SELECT measure, version, value::double precision AS value, unit FROM release_ops.release_measure
WHERE product = %(product)s AND version IN (%(version)s, %(previous)s)
ORDER BY measure, version
