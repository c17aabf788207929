"""The pages inside Airflow's UI. All read only; `app.create_app` asks for Airflow's login, once for all."""
