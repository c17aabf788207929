-- Who may read the contract. Runs at every migration: a role that was not permitted then may be there now.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'release_metrics_reader')
        AND EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)) THEN
        BEGIN
            CREATE ROLE release_metrics_reader NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- roles belong to the server: another database's migration made it at the same instant
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'release_metrics_reader') THEN
        GRANT USAGE ON SCHEMA release_metrics TO release_metrics_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA release_metrics TO release_metrics_reader;
    END IF;
END
$$;
