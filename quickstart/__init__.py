"""Release Ops on one machine: Postgres from a wheel, a whole Airflow, a demo product, and a train that runs to GA."""

import sys
from pathlib import Path

# `python -m quickstart` has to find the project's own package, which is not installed but lies in Airflow's plugins.
if (PLUGINS := str(Path(__file__).resolve().parent.parent / "plugins")) not in sys.path:
    sys.path.insert(0, PLUGINS)
