-- A place for the entries of one kind that a feed has, gone at the end of the transaction.
CREATE TEMPORARY TABLE budget_entry_stage ON COMMIT DROP AS
SELECT entry, version, category, item, on_day, amount, currency, quantity, unit, used FROM release_ops.budget_entry WITH NO DATA
