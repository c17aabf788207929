-- What a product may cost and what it costs, as it was known at any time, and the closed months made of it.

CREATE TABLE release_ops.budget_entry (
    product text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('plan', 'actual', 'commitment')),
    entry text NOT NULL,
    version text NOT NULL DEFAULT '',
    category text NOT NULL,
    item text NOT NULL DEFAULT '',
    on_day date NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    quantity numeric CHECK (quantity >= 0),
    unit text NOT NULL DEFAULT '',
    used numeric CHECK (used >= 0),
    source text NOT NULL CHECK (source IN ('file', 'csv', 'sql')),
    known_from timestamptz NOT NULL,
    known_until timestamptz CHECK (known_until > known_from),
    PRIMARY KEY (product, kind, entry, known_from)
);
CREATE UNIQUE INDEX budget_entry_now ON release_ops.budget_entry (product, kind, entry) WHERE known_until IS NULL;
COMMENT ON TABLE release_ops.budget_entry IS 'One row per budget line of a month, booking or commitment and time for which it was known to be so. Rows are never changed but for known_until, and never removed.';

CREATE TABLE release_ops.exchange_rate (
    product text NOT NULL,
    base text NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
    quote text NOT NULL CHECK (quote ~ '^[A-Z]{3}$' AND quote <> base),
    valid_on date NOT NULL,
    rate numeric NOT NULL CHECK (rate > 0),
    source text NOT NULL CHECK (source IN ('csv', 'sql')),
    known_from timestamptz NOT NULL,
    known_until timestamptz CHECK (known_until > known_from),
    PRIMARY KEY (product, base, quote, valid_on, known_from)
);
CREATE UNIQUE INDEX exchange_rate_now ON release_ops.exchange_rate (product, base, quote, valid_on) WHERE known_until IS NULL;
COMMENT ON TABLE release_ops.exchange_rate IS 'One row per pair of currencies, first day and time for which the rate was known to be so.';

CREATE TABLE release_ops.budget_close (
    product text NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    revision integer NOT NULL CHECK (revision > 0),
    closed_at timestamptz NOT NULL,
    inputs text NOT NULL,
    status text NOT NULL CHECK (status IN ('green', 'yellow', 'red')),
    facts jsonb NOT NULL,
    PRIMARY KEY (product, month, revision)
);
COMMENT ON TABLE release_ops.budget_close IS 'One row per product, closed month and revision. inputs is the fingerprint of what the month was made of: as long as it is the same there is no new revision. facts is the whole report (docs/budget.md), its amounts as text.';

CREATE VIEW release_metrics.budget_entry AS
SELECT product, kind, entry, version, category, item, on_day, amount, currency, quantity, unit, used, source, known_from, known_until
FROM release_ops.budget_entry;
COMMENT ON VIEW release_metrics.budget_entry IS 'Grain: one row per budget line of a month, booking or commitment and time for which it was known to be so. Key: product, kind, entry, known_from. Fresh: with every run of budget_variance. WHERE known_until IS NULL is what is known now; a closed month as it was then: known_from <= closed_at AND (known_until IS NULL OR known_until > closed_at).';
COMMENT ON COLUMN release_metrics.budget_entry.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.budget_entry.kind IS 'plan, actual or commitment.';
COMMENT ON COLUMN release_metrics.budget_entry.entry IS 'Id of the booking or commitment; of a budget line release/category/item/month.';
COMMENT ON COLUMN release_metrics.budget_entry.version IS 'Release that it is for; empty if it is for none in particular.';
COMMENT ON COLUMN release_metrics.budget_entry.category IS 'Category of cost, as the product file lists them.';
COMMENT ON COLUMN release_metrics.budget_entry.item IS 'What it is; empty if its source does not say.';
COMMENT ON COLUMN release_metrics.budget_entry.on_day IS 'Of a budget line the first day of its month, of a booking its day, of a commitment the day when it is due.';
COMMENT ON COLUMN release_metrics.budget_entry.amount IS 'Amount in currency; a credit note is below 0.';
COMMENT ON COLUMN release_metrics.budget_entry.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN release_metrics.budget_entry.quantity IS 'How much of unit; null if its source does not say.';
COMMENT ON COLUMN release_metrics.budget_entry.unit IS 'What quantity counts; empty if its source does not say.';
COMMENT ON COLUMN release_metrics.budget_entry.used IS 'How much of the quantity of a booking was used; null if unknown.';
COMMENT ON COLUMN release_metrics.budget_entry.source IS 'file (plan of the product file), csv or sql.';
COMMENT ON COLUMN release_metrics.budget_entry.known_from IS 'Since when we have known it so, UTC.';
COMMENT ON COLUMN release_metrics.budget_entry.known_until IS 'Until when, UTC; null if it is still known so.';

CREATE VIEW release_metrics.exchange_rate AS
SELECT product, base, quote, valid_on, rate, source, known_from, known_until FROM release_ops.exchange_rate;
COMMENT ON VIEW release_metrics.exchange_rate IS 'Grain: one row per pair of currencies, first day and time for which the rate was known to be so. Key: product, base, quote, valid_on, known_from. Fresh: with every run of budget_variance. From valid_on until the next one of its pair, 1 base is worth rate of quote.';
COMMENT ON COLUMN release_metrics.exchange_rate.product IS 'Id of the product whose feed brought it.';
COMMENT ON COLUMN release_metrics.exchange_rate.base IS 'ISO 4217 code of the currency of which there is 1.';
COMMENT ON COLUMN release_metrics.exchange_rate.quote IS 'ISO 4217 code of the currency that it is told in.';
COMMENT ON COLUMN release_metrics.exchange_rate.valid_on IS 'First day on which it is valid.';
COMMENT ON COLUMN release_metrics.exchange_rate.rate IS 'How much of quote 1 base is worth.';
COMMENT ON COLUMN release_metrics.exchange_rate.source IS 'csv or sql.';
COMMENT ON COLUMN release_metrics.exchange_rate.known_from IS 'Since when we have known it so, UTC.';
COMMENT ON COLUMN release_metrics.exchange_rate.known_until IS 'Until when, UTC; null if it is still known so.';

CREATE VIEW release_metrics.budget_month AS
SELECT b.product, b.month AS month_starts_on, b.revision, b.revision = max(b.revision) OVER (PARTITION BY b.product, b.month) AS latest, b.closed_at,
    lead(b.closed_at) OVER (PARTITION BY b.product, b.month ORDER BY b.revision) AS superseded_at,
    b.facts ->> 'currency' AS currency, (b.facts ->> 'year_start')::date AS year_starts_on, (b.facts ->> 'chance')::numeric AS chance,
    r.status, r.words, r.driver, r.month_plan, r.month_actual, r.plan, r.actual, r.variance, r.ratio, r.price, r.volume, r.exchange, r.rest, r.year_plan, r.forecast, r.forecast_low, r.forecast_high, r.forecast_method, r.committed
FROM release_ops.budget_close b
CROSS JOIN LATERAL jsonb_to_record(b.facts -> 'total') AS r (status text, words text, driver text, month_plan numeric, month_actual numeric, plan numeric, actual numeric, variance numeric, ratio numeric, price numeric, volume numeric, exchange numeric, rest numeric, year_plan numeric, forecast numeric, forecast_low numeric, forecast_high numeric, forecast_method text, committed numeric);
COMMENT ON VIEW release_metrics.budget_month IS 'Grain: one row per product, closed month and revision. Key: product, month_starts_on, revision. Fresh: once a month, when it is closed; a later change of its inputs adds a revision and leaves the others as they were. Cost against plan of all categories together.';
COMMENT ON COLUMN release_metrics.budget_month.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.budget_month.month_starts_on IS 'First day of the closed month.';
COMMENT ON COLUMN release_metrics.budget_month.revision IS '1 for the first closing; one more for each restatement.';
COMMENT ON COLUMN release_metrics.budget_month.latest IS 'True for the last revision of the month; the others are what was reported before.';
COMMENT ON COLUMN release_metrics.budget_month.closed_at IS 'When this revision was made, UTC.';
COMMENT ON COLUMN release_metrics.budget_month.superseded_at IS 'When the next revision was made, UTC; null for the last one.';
COMMENT ON COLUMN release_metrics.budget_month.currency IS 'ISO 4217 code of all amounts.';
COMMENT ON COLUMN release_metrics.budget_month.year_starts_on IS 'First day of the financial year.';
COMMENT ON COLUMN release_metrics.budget_month.chance IS 'Chance 0..1 that the interval of the forecast holds the year''s cost.';
COMMENT ON COLUMN release_metrics.budget_month.status IS 'green, yellow or red, by the cost since the year began.';
COMMENT ON COLUMN release_metrics.budget_month.words IS 'Why, in a sentence.';
COMMENT ON COLUMN release_metrics.budget_month.driver IS 'What drives the variance most, in a sentence; null without a variance.';
COMMENT ON COLUMN release_metrics.budget_month.month_plan IS 'Plan of the month, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.month_actual IS 'Cost of the month, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.plan IS 'Plan from the beginning of the financial year to the end of the month, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.actual IS 'Cost of the same time, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.variance IS 'actual - plan, in currency; above 0 is over budget.';
COMMENT ON COLUMN release_metrics.budget_month.ratio IS 'variance / plan; null where nothing was planned.';
COMMENT ON COLUMN release_metrics.budget_month.price IS 'Part of variance that comes from prices, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.volume IS 'Part of variance that comes from quantities, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.exchange IS 'Part of variance that comes from exchange rates, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.rest IS 'Part of variance that cannot be told apart, for want of quantities, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.year_plan IS 'Plan of the whole financial year, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.forecast IS 'Cost of the whole year as expected, in currency.';
COMMENT ON COLUMN release_metrics.budget_month.forecast_low IS 'Lower bound of the year''s cost, in currency; null where too few months have passed.';
COMMENT ON COLUMN release_metrics.budget_month.forecast_high IS 'Upper bound, likewise.';
COMMENT ON COLUMN release_metrics.budget_month.forecast_method IS 'How the months to come were forecast: ratio, deviation, plan, sum, or none once the year is over.';
COMMENT ON COLUMN release_metrics.budget_month.committed IS 'What is ordered and not booked yet until the year ends, in currency; no forecast is lower.';

CREATE VIEW release_metrics.budget_variance AS
SELECT b.product, b.month AS month_starts_on, b.revision, b.revision = max(b.revision) OVER (PARTITION BY b.product, b.month) AS latest, r.category, b.facts ->> 'currency' AS currency, r.status, r.words, r.driver, r.month_plan, r.month_actual, r.plan, r.actual, r.variance, r.ratio, r.price, r.volume, r.exchange, r.rest, r.year_plan, r.forecast, r.forecast_low, r.forecast_high, r.forecast_method, r.committed
FROM release_ops.budget_close b
CROSS JOIN LATERAL jsonb_to_recordset(b.facts -> 'lines') AS r (category text, status text, words text, driver text, month_plan numeric, month_actual numeric, plan numeric, actual numeric, variance numeric, ratio numeric, price numeric, volume numeric, exchange numeric, rest numeric, year_plan numeric, forecast numeric, forecast_low numeric, forecast_high numeric, forecast_method text, committed numeric);
COMMENT ON VIEW release_metrics.budget_variance IS 'Grain: one row per product, closed month, revision and category of cost. Key: product, month_starts_on, revision, category. Fresh: with release_metrics.budget_month. Cost against plan of each category, what the difference is made of, and the forecast of the year.';
COMMENT ON COLUMN release_metrics.budget_variance.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.budget_variance.month_starts_on IS 'First day of the closed month.';
COMMENT ON COLUMN release_metrics.budget_variance.revision IS '1 for the first closing; one more for each restatement.';
COMMENT ON COLUMN release_metrics.budget_variance.latest IS 'True for the last revision of the month; the others are what was reported before.';
COMMENT ON COLUMN release_metrics.budget_variance.category IS 'Category of cost.';
COMMENT ON COLUMN release_metrics.budget_variance.currency IS 'ISO 4217 code of all amounts.';
COMMENT ON COLUMN release_metrics.budget_variance.status IS 'green, yellow or red, by the cost since the year began.';
COMMENT ON COLUMN release_metrics.budget_variance.words IS 'Why, in a sentence.';
COMMENT ON COLUMN release_metrics.budget_variance.driver IS 'What drives the variance most, in a sentence; null without a variance.';
COMMENT ON COLUMN release_metrics.budget_variance.month_plan IS 'Plan of the month, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.month_actual IS 'Cost of the month, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.plan IS 'Plan from the beginning of the financial year to the end of the month, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.actual IS 'Cost of the same time, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.variance IS 'actual - plan, in currency; above 0 is over budget.';
COMMENT ON COLUMN release_metrics.budget_variance.ratio IS 'variance / plan; null where nothing was planned.';
COMMENT ON COLUMN release_metrics.budget_variance.price IS 'Part of variance that comes from prices, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.volume IS 'Part of variance that comes from quantities, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.exchange IS 'Part of variance that comes from exchange rates, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.rest IS 'Part of variance that cannot be told apart, for want of quantities, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.year_plan IS 'Plan of the whole financial year, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.forecast IS 'Cost of the whole year as expected, in currency.';
COMMENT ON COLUMN release_metrics.budget_variance.forecast_low IS 'Lower bound of the year''s cost, in currency; null where too few months have passed.';
COMMENT ON COLUMN release_metrics.budget_variance.forecast_high IS 'Upper bound, likewise.';
COMMENT ON COLUMN release_metrics.budget_variance.forecast_method IS 'How the months to come were forecast: ratio, deviation, plan, sum, or none once the year is over.';
COMMENT ON COLUMN release_metrics.budget_variance.committed IS 'What is ordered and not booked yet until the year ends, in currency; no forecast is lower.';

CREATE VIEW release_metrics.earned_value AS
SELECT b.product, b.month AS month_starts_on, b.revision, b.revision = max(b.revision) OVER (PARTITION BY b.product, b.month) AS latest, r.version, b.facts ->> 'currency' AS currency,
    r.status, r.words, r.bac, r.pv, r.ev, r.ac, r.sv, r.cv, r.spi, r.cpi, r.eac_typical, r.eac_atypical, r.eac_combined, r.eac_bottom_up, r.eac, r.etc, r.vac, r.tcpi_bac, r.tcpi_eac, r.complete, r.spent, r.starts_on, r.pd, r.at, r.es, r.sv_t, r.spi_t, r.duration, r.delay, r.tspi, r.reasons
FROM release_ops.budget_close b
CROSS JOIN LATERAL jsonb_to_recordset(b.facts -> 'work') AS r (version text, status text, words text, bac numeric, pv numeric, ev numeric, ac numeric, sv numeric, cv numeric, spi numeric, cpi numeric, eac_typical numeric, eac_atypical numeric, eac_combined numeric, eac_bottom_up numeric, eac numeric, etc numeric, vac numeric, tcpi_bac numeric, tcpi_eac numeric, complete numeric, spent numeric, starts_on date, pd numeric, at numeric, es numeric, sv_t numeric, spi_t numeric, duration numeric, delay numeric, tspi numeric, reasons jsonb);
COMMENT ON VIEW release_metrics.earned_value IS 'Grain: one row per product, closed month, revision and release, and one for all of them. Key: product, month_starts_on, revision, version. Fresh: with release_metrics.budget_month. Earned value and earned schedule of the releases that the year plans or pays for.';
COMMENT ON COLUMN release_metrics.earned_value.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.earned_value.month_starts_on IS 'First day of the closed month.';
COMMENT ON COLUMN release_metrics.earned_value.revision IS '1 for the first closing; one more for each restatement.';
COMMENT ON COLUMN release_metrics.earned_value.latest IS 'True for the last revision of the month; the others are what was reported before.';
COMMENT ON COLUMN release_metrics.earned_value.version IS 'Version of the release; empty for all of them together.';
COMMENT ON COLUMN release_metrics.earned_value.currency IS 'ISO 4217 code of all amounts.';
COMMENT ON COLUMN release_metrics.earned_value.status IS 'green, yellow or red by the worse of CPI and SPI(t); unknown where neither is known.';
COMMENT ON COLUMN release_metrics.earned_value.words IS 'Why, in a sentence.';
COMMENT ON COLUMN release_metrics.earned_value.bac IS 'Budget at completion: plan of all its months, in currency.';
COMMENT ON COLUMN release_metrics.earned_value.pv IS 'Planned value at the end of the month, in currency.';
COMMENT ON COLUMN release_metrics.earned_value.ev IS 'Earned value: share of the scope that is done x bac, in currency; null if the scope is not known.';
COMMENT ON COLUMN release_metrics.earned_value.ac IS 'Actual cost until the end of the month, in currency.';
COMMENT ON COLUMN release_metrics.earned_value.sv IS 'Schedule variance ev - pv, in currency; null as ev.';
COMMENT ON COLUMN release_metrics.earned_value.cv IS 'Cost variance ev - ac, in currency; null as ev.';
COMMENT ON COLUMN release_metrics.earned_value.spi IS 'Schedule performance index ev / pv; null if either is unknown or nothing was planned.';
COMMENT ON COLUMN release_metrics.earned_value.cpi IS 'Cost performance index ev / ac; null if either is unknown or nothing was spent.';
COMMENT ON COLUMN release_metrics.earned_value.eac_typical IS 'Estimate at completion bac / cpi, in currency; null without cpi or before anything is earned.';
COMMENT ON COLUMN release_metrics.earned_value.eac_atypical IS 'Estimate at completion ac + (bac - ev), in currency; null as ev.';
COMMENT ON COLUMN release_metrics.earned_value.eac_combined IS 'Estimate at completion ac + (bac - ev) / (cpi x spi), in currency; null without both.';
COMMENT ON COLUMN release_metrics.earned_value.eac_bottom_up IS 'Estimate at completion ac + plan or orders of the rest, in currency.';
COMMENT ON COLUMN release_metrics.earned_value.eac IS 'The one of the four that the product file chose, in currency; of a release that is out its ac, of all releases the sum of theirs; null as that one.';
COMMENT ON COLUMN release_metrics.earned_value.etc IS 'Estimate to complete eac - ac, in currency; null as eac.';
COMMENT ON COLUMN release_metrics.earned_value.vac IS 'Variance at completion bac - eac, in currency; null as eac.';
COMMENT ON COLUMN release_metrics.earned_value.tcpi_bac IS 'CPI that the rest needs to stay within bac; null if the budget is spent or ev is unknown.';
COMMENT ON COLUMN release_metrics.earned_value.tcpi_eac IS 'CPI that the rest needs to stay within eac; null as eac, or when all is done.';
COMMENT ON COLUMN release_metrics.earned_value.complete IS 'ev / bac, ratio 0..1; null as ev.';
COMMENT ON COLUMN release_metrics.earned_value.spent IS 'ac / bac, a ratio; null without a budget.';
COMMENT ON COLUMN release_metrics.earned_value.starts_on IS 'First day of its plan; null without one.';
COMMENT ON COLUMN release_metrics.earned_value.pd IS 'Planned duration in months; null without a plan over time.';
COMMENT ON COLUMN release_metrics.earned_value.at IS 'Months since its start, until all was done; null as pd.';
COMMENT ON COLUMN release_metrics.earned_value.es IS 'Earned schedule in months; null as pd and ev.';
COMMENT ON COLUMN release_metrics.earned_value.sv_t IS 'es - at in months, below 0 is late; null as es.';
COMMENT ON COLUMN release_metrics.earned_value.spi_t IS 'es / at; null as es.';
COMMENT ON COLUMN release_metrics.earned_value.duration IS 'Forecast of the duration pd / spi_t in months; null as es, or before anything is earned.';
COMMENT ON COLUMN release_metrics.earned_value.delay IS 'duration - pd in months; null as duration.';
COMMENT ON COLUMN release_metrics.earned_value.tspi IS 'SPI(t) that the rest needs to end in time; null as es, when all is done, or when the planned time is over.';
COMMENT ON COLUMN release_metrics.earned_value.reasons IS 'What is null and why, as a JSON object of column to reason.';

CREATE VIEW release_metrics.budget_saving AS
SELECT b.product, b.month AS month_starts_on, b.revision, b.revision = max(b.revision) OVER (PARTITION BY b.product, b.month) AS latest, r.place, r.saving ->> 'kind' AS kind, r.saving ->> 'category' AS category, r.saving ->> 'item' AS item,
    (r.saving ->> 'amount')::numeric AS amount, b.facts ->> 'currency' AS currency, r.saving ->> 'words' AS words
FROM release_ops.budget_close b
CROSS JOIN LATERAL jsonb_array_elements(b.facts -> 'savings') WITH ORDINALITY AS r (saving, place);
COMMENT ON VIEW release_metrics.budget_saving IS 'Grain: one row per product, closed month, revision and opportunity to save. Key: product, month_starts_on, revision, place. Fresh: with release_metrics.budget_month. What could be saved until the financial year ends.';
COMMENT ON COLUMN release_metrics.budget_saving.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.budget_saving.month_starts_on IS 'First day of the closed month.';
COMMENT ON COLUMN release_metrics.budget_saving.revision IS '1 for the first closing; one more for each restatement.';
COMMENT ON COLUMN release_metrics.budget_saving.latest IS 'True for the last revision of the month; the others are what was reported before.';
COMMENT ON COLUMN release_metrics.budget_saving.place IS 'Place in the report, from 1: the largest first.';
COMMENT ON COLUMN release_metrics.budget_saving.kind IS 'unused (paid and not used), discount (more seats cost less), price (above the planned price) or release (budget that the forecast does not need).';
COMMENT ON COLUMN release_metrics.budget_saving.category IS 'Category of cost.';
COMMENT ON COLUMN release_metrics.budget_saving.item IS 'What it is; empty for a whole category.';
COMMENT ON COLUMN release_metrics.budget_saving.amount IS 'What it would save, in currency.';
COMMENT ON COLUMN release_metrics.budget_saving.currency IS 'ISO 4217 code of amount.';
COMMENT ON COLUMN release_metrics.budget_saving.words IS 'How it was worked out, in a sentence; may hold text from outside.';
