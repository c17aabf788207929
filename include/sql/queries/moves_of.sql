-- How often dates of a release were moved; dates that were moved together are one move.
SELECT count(DISTINCT noticed_at) AS moves FROM release_ops.slip WHERE product = %(product)s AND version = %(version)s
