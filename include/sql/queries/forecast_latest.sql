-- The last forecast of whether a release is out on its planned day.
SELECT probability, expected_on, made_on FROM release_ops.prediction
WHERE product = %(product)s AND version = %(version)s AND kind = 'on_time'
ORDER BY made_at DESC LIMIT 1
