-- What is given back has a quantity below 0.

ALTER TABLE release_ops.budget_entry DROP CONSTRAINT budget_entry_quantity_check;
ALTER TABLE release_ops.budget_entry ADD CONSTRAINT budget_entry_quantity_check CHECK (quantity >= 0 OR kind = 'actual' AND amount < 0);
COMMENT ON COLUMN release_metrics.budget_entry.quantity IS 'How much of unit, below 0 if it was given back; null if its source does not say.';
