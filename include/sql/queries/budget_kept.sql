-- Names of the budget reports that are kept, by how they begin.
SELECT name FROM release_ops.artifact
WHERE product = '*' AND version = 'budget' AND kind = 'budget' AND starts_with(name, %(name)s)
ORDER BY name
