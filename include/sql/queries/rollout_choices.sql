-- Products and environments that have rollouts.
SELECT DISTINCT product, environment FROM release_ops.rollout ORDER BY product, environment
