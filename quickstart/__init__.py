"""Release Ops on one machine: Postgres from a wheel, a whole Airflow, a demo product, and a train that runs to GA."""
