-- Take in the exchange rates that a feed has.
COPY exchange_rate_stage (base, quote, valid_on, rate) FROM STDIN
