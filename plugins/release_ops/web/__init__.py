"""The authenticated pages inside the Airflow UI."""
