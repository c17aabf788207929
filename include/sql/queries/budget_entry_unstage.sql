-- Empty the place for the entries of the next kind.
DROP TABLE budget_entry_stage
