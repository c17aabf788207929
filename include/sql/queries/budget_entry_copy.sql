-- Take in the entries that a feed has.
COPY budget_entry_stage (entry, version, category, item, on_day, amount, currency, quantity, unit, used) FROM STDIN
