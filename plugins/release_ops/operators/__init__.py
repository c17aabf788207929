"""The Airflow operators: fetch through an adapter, one domain call, store, return JSON."""
