-- Whether the risks of a release were ever assessed.
SELECT EXISTS (
    SELECT FROM release_ops.risk_assessment WHERE product = %(product)s AND version = %(version)s
) AS known
