-- How long one hotfix took from its request until it was out, seconds.
SELECT extract(epoch FROM time_to_out)::double precision AS seconds FROM release_metrics.hotfix
WHERE product = %(product)s AND version = %(version)s AND time_to_out IS NOT NULL
