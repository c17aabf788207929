-- Forget the figures of the weeks and months in question.
DELETE FROM release_ops.dora_period AS p USING dora_window AS w
WHERE p.product = w.product AND p.environment = w.environment AND p.period = w.period AND p.starts_on = w.starts_on
