-- Make the tables that one refresh works on: what was touched, and what has to be found out again for it.
DO $$
BEGIN
    CREATE TEMP TABLE dora_touched (LIKE release_ops.delivery_touched) ON COMMIT DROP;
    CREATE TEMP TABLE dora_incident (product text, incident text, deployment text, fixed_by text) ON COMMIT DROP;
    CREATE TEMP TABLE dora_deployment (n bigint GENERATED ALWAYS AS IDENTITY, product text, deployment text) ON COMMIT DROP;
    CREATE TEMP TABLE dora_day (product text, environment text, day date) ON COMMIT DROP;
    CREATE TEMP TABLE dora_window (
        product text, environment text, period text, starts_on date, starts_at timestamptz, ends_at timestamptz, several boolean
    ) ON COMMIT DROP;
END
$$
