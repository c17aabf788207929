"""Airflow's scheduler, with what its tasks need already imported.

The LocalExecutor forks a process per task, which then imports the DAG file: a second or more of CPU for every task, unless
the process it is forked from has done so before.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

from airflow.__main__ import main

import release_ops.operators


def preload() -> None:
    """Import every operator of the project, and with them all that they import."""
    for module in pkgutil.iter_modules(release_ops.operators.__path__, f"{release_ops.operators.__name__}."):
        importlib.import_module(module.name)


if __name__ == "__main__":
    preload()
    sys.argv = ["airflow", "scheduler"]
    main()
