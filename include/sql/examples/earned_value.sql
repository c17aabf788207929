-- Which release is late or dear, and what will it have cost?
-- table: earned_value
SELECT product, month_starts_on, version, round(cpi, 2) AS cpi, round(spi_t, 2) AS spi_t, round(bac, 2) AS bac, round(eac, 2) AS eac, currency,
    words
FROM release_metrics.earned_value
WHERE latest
ORDER BY product, month_starts_on, version
