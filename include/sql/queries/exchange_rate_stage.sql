-- A place for the exchange rates that a feed has, gone at the end of the transaction.
CREATE TEMPORARY TABLE exchange_rate_stage ON COMMIT DROP AS
SELECT base, quote, valid_on, rate FROM release_ops.exchange_rate WITH NO DATA
