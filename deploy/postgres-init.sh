#!/bin/bash
# Runs once, when the database volume is new: a second role and database, for the project's own tables.
set -euo pipefail

# psql quotes :'password'; the shell never puts it into SQL.
psql -v ON_ERROR_STOP=1 -v password="$RELEASE_OPS_DB_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE release_metrics_reader NOLOGIN;
CREATE ROLE release_ops LOGIN PASSWORD :'password';
CREATE DATABASE release_ops OWNER release_ops;
SQL
