-- Budgets of several products as one, what money could be put into, and returns with a quantity below 0.

ALTER TABLE release_ops.budget_entry DROP CONSTRAINT budget_entry_quantity_check;
ALTER TABLE release_ops.budget_entry ADD CONSTRAINT budget_entry_quantity_check CHECK (quantity >= 0 OR kind = 'actual' AND amount < 0);
COMMENT ON COLUMN release_metrics.budget_entry.quantity IS 'How much of unit, below 0 if it was given back; null if its source does not say.';

-- The last revision of every closed month, its programme, and the rate into the programme's currency. Months of before programmes count as they are.
CREATE VIEW release_ops.budget_told AS
SELECT DISTINCT ON (b.product, b.month) b.product, b.month, b.revision, b.closed_at, b.facts,
    coalesce(b.facts #>> '{programme,name}', 'all products') AS programme,
    coalesce(b.facts #>> '{programme,currency}', b.facts ->> 'currency') AS currency,
    CASE WHEN b.facts ? 'programme' THEN (b.facts #>> '{programme,rate}')::numeric ELSE 1 END AS rate,
    (b.facts ->> 'year_start')::date AS year_starts_on
FROM release_ops.budget_close b
ORDER BY b.product, b.month, b.revision DESC;
COMMENT ON VIEW release_ops.budget_told IS 'One row per product and closed month: what is reported now, and how it is told in the currency of its programme. rate is null where there was no exchange rate.';

-- Every product of a programme in every month since its first of the year; facts is null where the month is not closed.
CREATE VIEW release_ops.budget_member AS
WITH now AS (SELECT DISTINCT ON (product) product, programme, currency FROM release_ops.budget_told ORDER BY product, month DESC),
months AS (SELECT DISTINCT programme, currency, year_starts_on, month FROM release_ops.budget_told),
members AS (
    SELECT t.programme, t.currency, t.year_starts_on, t.product, min(t.month) AS first_month
    FROM release_ops.budget_told t
    JOIN now USING (product, programme, currency)
    GROUP BY t.programme, t.currency, t.year_starts_on, t.product
    UNION
    -- Who has left the programme counts in the months that it was told in.
    SELECT t.programme, t.currency, t.year_starts_on, t.product, t.month
    FROM release_ops.budget_told t
    LEFT JOIN now USING (product, programme, currency)
    WHERE now.product IS NULL
)
SELECT m.programme, m.currency, m.year_starts_on, m.month, e.product, t.rate, t.facts, t.closed_at
FROM months m
JOIN members e ON e.programme = m.programme AND e.currency = m.currency AND e.year_starts_on = m.year_starts_on AND e.first_month <= m.month
LEFT JOIN release_ops.budget_told t ON t.product = e.product AND t.month = m.month
    AND t.programme = m.programme AND t.currency = m.currency AND t.year_starts_on = m.year_starts_on
WHERE t.product IS NOT NULL OR EXISTS (SELECT FROM now n WHERE n.product = e.product AND n.programme = m.programme AND n.currency = m.currency);
COMMENT ON VIEW release_ops.budget_member IS 'One row per programme, currency, financial year, month and product that belongs to it. facts is null where the product has not closed the month.';

CREATE VIEW release_metrics.budget_total AS
WITH lines AS (
    SELECT m.programme, m.currency, m.year_starts_on, m.month, m.product, m.rate, m.facts IS NOT NULL AND m.rate IS NOT NULL AS known, r.*
    FROM release_ops.budget_member m
    LEFT JOIN LATERAL jsonb_to_recordset((m.facts -> 'lines') || jsonb_build_array(m.facts -> 'total')) AS r (
        category text, month_plan numeric, month_actual numeric, plan numeric, actual numeric, year_plan numeric, forecast numeric,
        forecast_error numeric, forecast_freedom numeric, forecast_low numeric, committed numeric
    ) ON true
), absent AS (
    SELECT programme, currency, year_starts_on, month, count(*) FILTER (WHERE facts IS NOT NULL) AS closed,
        array_agg(product ORDER BY product) FILTER (WHERE facts IS NULL OR rate IS NULL) AS missing,
        bool_and(facts IS NULL OR (facts -> 'total') ? 'forecast_error') AS has_errors
    FROM release_ops.budget_member
    GROUP BY programme, currency, year_starts_on, month
), sums AS (
    SELECT programme, currency, year_starts_on, month, category, count(*) AS products,
        sum(month_plan * rate) AS month_plan, sum(month_actual * rate) AS month_actual, sum(plan * rate) AS plan,
        sum(actual * rate) AS actual, sum(year_plan * rate) AS year_plan, sum(forecast * rate) AS forecast,
        CASE WHEN bool_and(forecast_error IS NOT NULL) THEN sqrt(sum((forecast_error * rate) ^ 2)) END AS forecast_error,
        CASE WHEN bool_and(forecast_error IS NOT NULL) THEN
            sum((forecast_error * rate) ^ 2) ^ 2 / nullif(sum((forecast_error * rate) ^ 4 / nullif(forecast_freedom, 0)), 0)
        END AS forecast_freedom,
        sum(committed * rate) AS committed
    FROM lines
    WHERE known
    GROUP BY programme, currency, year_starts_on, month, category
)
SELECT s.programme, s.currency, s.month AS month_starts_on, s.year_starts_on, s.category, s.products, coalesce(a.missing, '{}') AS missing,
    CASE WHEN a.missing IS NULL THEN s.month_plan END AS month_plan,
    CASE WHEN a.missing IS NULL THEN s.month_actual END AS month_actual,
    CASE WHEN a.missing IS NULL THEN s.plan END AS plan,
    CASE WHEN a.missing IS NULL THEN s.actual END AS actual,
    CASE WHEN a.missing IS NULL THEN s.actual - s.plan END AS variance,
    CASE WHEN a.missing IS NULL THEN (s.actual - s.plan) / nullif(s.plan, 0) END AS ratio,
    CASE WHEN a.missing IS NULL THEN s.year_plan END AS year_plan,
    CASE WHEN a.missing IS NULL THEN s.forecast END AS forecast,
    CASE WHEN a.missing IS NULL THEN s.forecast_error END AS forecast_error,
    CASE WHEN a.missing IS NULL THEN s.forecast_freedom END AS forecast_freedom,
    CASE WHEN a.missing IS NULL THEN s.committed END AS committed
FROM sums s
JOIN absent a USING (programme, currency, year_starts_on, month);

CREATE VIEW release_metrics.earned_value_total AS
WITH works AS (
    SELECT m.programme, m.currency, m.year_starts_on, m.month, m.product, m.facts IS NOT NULL AND m.rate IS NOT NULL AS known,
        r.bac * m.rate AS bac, r.pv * m.rate AS pv, r.ev * m.rate AS ev, r.ac * m.rate AS ac, r.eac * m.rate AS eac,
        r.eac_bottom_up * m.rate AS eac_bottom_up, r.version
    FROM release_ops.budget_member m
    LEFT JOIN LATERAL jsonb_to_recordset(m.facts -> 'work') AS r (
        version text, bac numeric, pv numeric, ev numeric, ac numeric, eac numeric, eac_bottom_up numeric
    ) ON r.version = ''
), sums AS (
    SELECT programme, currency, year_starts_on, month, count(version) AS products,
        coalesce(array_agg(product ORDER BY product) FILTER (WHERE NOT known), '{}') AS missing,
        coalesce(array_agg(product ORDER BY product) FILTER (WHERE known AND version IS NOT NULL AND ev IS NULL AND bac <> 0), '{}') AS unknown,
        sum(bac) AS bac, sum(pv) AS pv, coalesce(sum(ev), 0) AS ev, sum(ac) AS ac,
        CASE WHEN bool_and(eac IS NOT NULL) FILTER (WHERE version IS NOT NULL) THEN sum(eac) END AS eac,
        CASE WHEN bool_and(eac_bottom_up IS NOT NULL) FILTER (WHERE version IS NOT NULL) THEN sum(eac_bottom_up) END AS eac_bottom_up
    FROM works
    GROUP BY programme, currency, year_starts_on, month
), clear AS (
    SELECT programme, currency, year_starts_on, month, products, missing, unknown,
        CASE WHEN missing = '{}' THEN bac END AS bac,
        CASE WHEN missing = '{}' THEN pv END AS pv,
        CASE WHEN missing = '{}' AND unknown = '{}' THEN ev END AS ev,
        CASE WHEN missing = '{}' THEN ac END AS ac,
        CASE WHEN missing = '{}' THEN eac END AS eac,
        CASE WHEN missing = '{}' THEN eac_bottom_up END AS eac_bottom_up
    FROM sums
    WHERE products > 0
)
SELECT programme, currency, month AS month_starts_on, year_starts_on, products, missing, unknown, bac, pv, ev, ac,
    ev - pv AS sv, ev - ac AS cv, ev / nullif(pv, 0) AS spi, CASE WHEN ac > 0 THEN ev / ac END AS cpi,
    CASE WHEN ac > 0 THEN ac * bac / nullif(ev, 0) END AS eac_typical,
    ac + bac - ev AS eac_atypical,
    CASE WHEN ac > 0 AND pv <> 0 THEN ac + (bac - ev) * ac * pv / nullif(ev * ev, 0) END AS eac_combined,
    eac_bottom_up, eac, eac - ac AS etc, bac - eac AS vac,
    CASE WHEN bac - ac > 0 THEN (bac - ev) / (bac - ac) END AS tcpi_bac,
    CASE WHEN eac - ac > 0 THEN (bac - ev) / (eac - ac) END AS tcpi_eac,
    ev / nullif(bac, 0) AS complete, ac / nullif(bac, 0) AS spent
FROM clear;

CREATE VIEW release_metrics.budget_investment AS
SELECT b.product, b.month AS month_starts_on, b.revision, b.revision = max(b.revision) OVER (PARTITION BY b.product, b.month) AS latest,
    r.name, r.category, b.facts ->> 'currency' AS currency, r.cost, r.benefit, r.low AS benefit_low, r.high AS benefit_high, r.running, r.risk, r.priority, r.starts_after,
    r.ramp, r.at_least, r.at_most, r.share, r.npv_low, r.npv_expected, r.npv_high, r.roi_low, r.roi_expected, r.roi_high,
    r.payback_low, r.payback_expected, r.payback_high, r.assumes,
    (b.facts #>> '{investments,discount}')::numeric AS discount, (b.facts #>> '{investments,months}')::integer AS months
FROM release_ops.budget_close b
CROSS JOIN LATERAL jsonb_to_recordset(b.facts #> '{investments,options}') AS r (
    name text, category text, cost numeric, benefit numeric, low numeric, high numeric, running numeric, risk numeric, priority integer,
    starts_after integer, ramp integer, at_least numeric, at_most numeric, share numeric, npv_low numeric, npv_expected numeric,
    npv_high numeric, roi_low numeric, roi_expected numeric, roi_high numeric, payback_low integer, payback_expected integer,
    payback_high integer, assumes text
)
WHERE jsonb_typeof(b.facts -> 'investments') = 'object';

CREATE VIEW release_metrics.budget_trade_off AS
SELECT b.product, b.month AS month_starts_on, b.revision, b.revision = max(b.revision) OVER (PARTITION BY b.product, b.month) AS latest,
    r.place, b.facts ->> 'currency' AS currency, (r.point ->> 'risk')::numeric AS risk, (r.point ->> 'value')::numeric AS value,
    (r.point ->> 'cost')::numeric AS cost, (b.facts #>> '{investments,budget}')::numeric AS budget,
    (b.facts #>> '{investments,risk_limit}')::numeric AS risk_limit,
    (SELECT jsonb_object_agg(o.option ->> 'name', s.share::numeric)
        FROM jsonb_array_elements(b.facts #> '{investments,options}') WITH ORDINALITY AS o (option, at)
        JOIN jsonb_array_elements_text(r.point -> 'shares') WITH ORDINALITY AS s (share, at) USING (at)) AS shares
FROM release_ops.budget_close b
CROSS JOIN LATERAL jsonb_array_elements(b.facts #> '{investments,curve}') WITH ORDINALITY AS r (point, place)
WHERE jsonb_typeof(b.facts -> 'investments') = 'object';

COMMENT ON VIEW release_metrics.budget_total IS 'Grain: one row per programme, currency, financial year, closed month and category of cost, and one for all of them. Key: programme, currency, year_starts_on, month_starts_on, category. Fresh: with release_metrics.budget_month. The last revisions of the budgets of all products of a programme as one. Each product''s amounts are converted at one rate, that of the month''s last day.';
COMMENT ON COLUMN release_metrics.budget_total.programme IS 'Name of the programme, as the product files give it.';
COMMENT ON COLUMN release_metrics.budget_total.currency IS 'ISO 4217 code of all amounts.';
COMMENT ON COLUMN release_metrics.budget_total.month_starts_on IS 'First day of the closed month.';
COMMENT ON COLUMN release_metrics.budget_total.year_starts_on IS 'First day of the financial year; products whose years begin in other months are told apart.';
COMMENT ON COLUMN release_metrics.budget_total.category IS 'Category of cost; empty for all of them together.';
COMMENT ON COLUMN release_metrics.budget_total.products IS 'How many products it is the sum of.';
COMMENT ON COLUMN release_metrics.budget_total.missing IS 'Products that have closed an earlier month of the year and not this one, or whose currency has no exchange rate; where there is one, all amounts are null.';
COMMENT ON COLUMN release_metrics.budget_total.month_plan IS 'Plan of the month, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.budget_total.month_actual IS 'Cost of the month, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.budget_total.plan IS 'Plan since the financial year began, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.budget_total.actual IS 'Cost of the same time, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.budget_total.variance IS 'actual - plan, in currency; above 0 is over budget; null as they are.';
COMMENT ON COLUMN release_metrics.budget_total.ratio IS 'variance / plan; null where nothing was planned or a product is missing.';
COMMENT ON COLUMN release_metrics.budget_total.year_plan IS 'Plan of the whole financial year, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.budget_total.forecast IS 'Cost of the whole year as expected, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.budget_total.forecast_error IS 'Standard error of forecast, in currency, the products taken as independent; null if that of a product is not known.';
COMMENT ON COLUMN release_metrics.budget_total.forecast_freedom IS 'Degrees of freedom of forecast_error (Satterthwaite); null without an error above 0.';
COMMENT ON COLUMN release_metrics.budget_total.committed IS 'What is ordered and not booked yet until the year ends, in currency; null if a product is missing.';

COMMENT ON VIEW release_metrics.earned_value_total IS 'Grain: one row per programme, currency, financial year and closed month. Key: programme, currency, year_starts_on, month_starts_on. Fresh: with release_metrics.budget_month. Earned value of all releases of all products of a programme as one; indices are those of the sums.';
COMMENT ON COLUMN release_metrics.earned_value_total.programme IS 'Name of the programme, as the product files give it.';
COMMENT ON COLUMN release_metrics.earned_value_total.currency IS 'ISO 4217 code of all amounts.';
COMMENT ON COLUMN release_metrics.earned_value_total.month_starts_on IS 'First day of the closed month.';
COMMENT ON COLUMN release_metrics.earned_value_total.year_starts_on IS 'First day of the financial year.';
COMMENT ON COLUMN release_metrics.earned_value_total.products IS 'How many products have releases in it.';
COMMENT ON COLUMN release_metrics.earned_value_total.missing IS 'Products that have not closed the month or have no exchange rate; where there is one, all figures are null.';
COMMENT ON COLUMN release_metrics.earned_value_total.unknown IS 'Products of whose releases nobody knows how much is done; where there is one, ev and what follows from it are null.';
COMMENT ON COLUMN release_metrics.earned_value_total.bac IS 'Budget at completion, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.earned_value_total.pv IS 'Planned value, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.earned_value_total.ev IS 'Earned value, in currency; null if that of a product is unknown or a product is missing.';
COMMENT ON COLUMN release_metrics.earned_value_total.ac IS 'Actual cost, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.earned_value_total.sv IS 'ev - pv, in currency; null as they are.';
COMMENT ON COLUMN release_metrics.earned_value_total.cv IS 'ev - ac, in currency; null as they are.';
COMMENT ON COLUMN release_metrics.earned_value_total.spi IS 'ev / pv; null as they are, or if nothing was planned.';
COMMENT ON COLUMN release_metrics.earned_value_total.cpi IS 'ev / ac; null as they are, or if nothing was spent.';
COMMENT ON COLUMN release_metrics.earned_value_total.eac_typical IS 'bac / cpi of the sums, in currency; null without cpi or before anything is earned.';
COMMENT ON COLUMN release_metrics.earned_value_total.eac_atypical IS 'ac + (bac - ev), in currency; null as ev.';
COMMENT ON COLUMN release_metrics.earned_value_total.eac_combined IS 'ac + (bac - ev) / (cpi x spi), in currency; null without both.';
COMMENT ON COLUMN release_metrics.earned_value_total.eac_bottom_up IS 'Sum of the products'' ac + plan or orders of the rest, in currency; null if a product is missing.';
COMMENT ON COLUMN release_metrics.earned_value_total.eac IS 'Sum of the estimates that the product files chose, in currency; null if one is unknown.';
COMMENT ON COLUMN release_metrics.earned_value_total.etc IS 'eac - ac, in currency; null as eac.';
COMMENT ON COLUMN release_metrics.earned_value_total.vac IS 'bac - eac, in currency; null as eac.';
COMMENT ON COLUMN release_metrics.earned_value_total.tcpi_bac IS '(bac - ev) / (bac - ac); null if the budget is spent or ev is unknown.';
COMMENT ON COLUMN release_metrics.earned_value_total.tcpi_eac IS '(bac - ev) / (eac - ac); null as eac, or if the estimate is spent.';
COMMENT ON COLUMN release_metrics.earned_value_total.complete IS 'ev / bac, ratio 0..1; null as ev.';
COMMENT ON COLUMN release_metrics.earned_value_total.spent IS 'ac / bac, a ratio; null without a budget.';

COMMENT ON VIEW release_metrics.budget_investment IS 'Grain: one row per product, closed month, revision and option to put money into. Key: product, month_starts_on, revision, name. Fresh: with release_metrics.budget_month. What each option costs and returns under a bad, an expected and a good benefit, and how much of it the best plan does.';
COMMENT ON COLUMN release_metrics.budget_investment.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.budget_investment.month_starts_on IS 'First day of the closed month.';
COMMENT ON COLUMN release_metrics.budget_investment.revision IS '1 for the first closing; one more for each restatement.';
COMMENT ON COLUMN release_metrics.budget_investment.latest IS 'True for the last revision of the month; the others are what was reported before.';
COMMENT ON COLUMN release_metrics.budget_investment.name IS 'What money could be put into.';
COMMENT ON COLUMN release_metrics.budget_investment.category IS 'Category of cost.';
COMMENT ON COLUMN release_metrics.budget_investment.currency IS 'ISO 4217 code of all amounts.';
COMMENT ON COLUMN release_metrics.budget_investment.cost IS 'What all of it costs, once, in currency.';
COMMENT ON COLUMN release_metrics.budget_investment.benefit IS 'What it is expected to bring per month when it is there in full, in currency.';
COMMENT ON COLUMN release_metrics.budget_investment.benefit_low IS 'The same if it goes badly.';
COMMENT ON COLUMN release_metrics.budget_investment.benefit_high IS 'The same if it goes well.';
COMMENT ON COLUMN release_metrics.budget_investment.running IS 'What it costs per month from then on, in currency.';
COMMENT ON COLUMN release_metrics.budget_investment.risk IS 'Share 0..1 of the benefit that is put at risk.';
COMMENT ON COLUMN release_metrics.budget_investment.priority IS 'Weight of its return in the plan, 1 and more.';
COMMENT ON COLUMN release_metrics.budget_investment.starts_after IS 'Months until the first benefit.';
COMMENT ON COLUMN release_metrics.budget_investment.ramp IS 'Months from then until the full benefit.';
COMMENT ON COLUMN release_metrics.budget_investment.at_least IS 'Share 0..1 that has to be done.';
COMMENT ON COLUMN release_metrics.budget_investment.at_most IS 'Share 0..1 that can be done.';
COMMENT ON COLUMN release_metrics.budget_investment.share IS 'Share 0..1 that the best plan does; null if limits clash, so that there is none.';
COMMENT ON COLUMN release_metrics.budget_investment.npv_low IS 'Net present value if it goes badly, in currency.';
COMMENT ON COLUMN release_metrics.budget_investment.npv_expected IS 'The same as expected.';
COMMENT ON COLUMN release_metrics.budget_investment.npv_high IS 'The same if it goes well.';
COMMENT ON COLUMN release_metrics.budget_investment.roi_low IS '(undiscounted benefits - all cost) / all cost, a ratio, if it goes badly.';
COMMENT ON COLUMN release_metrics.budget_investment.roi_expected IS 'The same as expected.';
COMMENT ON COLUMN release_metrics.budget_investment.roi_high IS 'The same if it goes well.';
COMMENT ON COLUMN release_metrics.budget_investment.payback_low IS 'Months until undiscounted benefits have paid for it, if it goes badly; null if they do not within months.';
COMMENT ON COLUMN release_metrics.budget_investment.payback_expected IS 'The same as expected.';
COMMENT ON COLUMN release_metrics.budget_investment.payback_high IS 'The same if it goes well.';
COMMENT ON COLUMN release_metrics.budget_investment.assumes IS 'What the benefit rests on, in words; empty if nobody has written it.';
COMMENT ON COLUMN release_metrics.budget_investment.discount IS 'Interest per year by which later benefits count less, a ratio.';
COMMENT ON COLUMN release_metrics.budget_investment.months IS 'How many months of benefits are counted.';

COMMENT ON VIEW release_metrics.budget_trade_off IS 'Grain: one row per product, closed month, revision and point of the trade-off curve. Key: product, month_starts_on, revision, place. Fresh: with release_metrics.budget_month. The most that the money brings under each limit of risk.';
COMMENT ON COLUMN release_metrics.budget_trade_off.product IS 'Id of the product.';
COMMENT ON COLUMN release_metrics.budget_trade_off.month_starts_on IS 'First day of the closed month.';
COMMENT ON COLUMN release_metrics.budget_trade_off.revision IS '1 for the first closing; one more for each restatement.';
COMMENT ON COLUMN release_metrics.budget_trade_off.latest IS 'True for the last revision of the month; the others are what was reported before.';
COMMENT ON COLUMN release_metrics.budget_trade_off.place IS 'Place on the curve, from 1: the lowest risk first.';
COMMENT ON COLUMN release_metrics.budget_trade_off.currency IS 'ISO 4217 code of all amounts.';
COMMENT ON COLUMN release_metrics.budget_trade_off.risk IS 'Risk of the plan, ratio 0..1: mean of its options'' risks by their cost.';
COMMENT ON COLUMN release_metrics.budget_trade_off.value IS 'Its net present value, in currency, not weighted by priority.';
COMMENT ON COLUMN release_metrics.budget_trade_off.cost IS 'What it costs, in currency.';
COMMENT ON COLUMN release_metrics.budget_trade_off.budget IS 'Money that there is, in currency.';
COMMENT ON COLUMN release_metrics.budget_trade_off.risk_limit IS 'Risk that is allowed, ratio 0..1.';
COMMENT ON COLUMN release_metrics.budget_trade_off.shares IS 'JSON object of option to the share 0..1 of it that the plan does.';
