-- Which exchange rates are known?
-- table: exchange_rate
SELECT product, base, quote, valid_on, rate
FROM release_metrics.exchange_rate
WHERE known_until IS NULL
ORDER BY product, base, quote, valid_on
