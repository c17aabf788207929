-- How do all releases of a programme stand together?
-- table: earned_value_total
SELECT programme, month_starts_on, products, round(bac, 2) AS bac, round(ev, 2) AS ev, round(ac, 2) AS ac, round(cpi, 2) AS cpi,
    round(spi, 2) AS spi, round(eac, 2) AS eac, currency, unknown
FROM release_metrics.earned_value_total
ORDER BY programme, month_starts_on DESC
