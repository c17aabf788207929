"""Airflow's scheduler or DAG processor, with what tasks and DAG files need already imported.

Both fork: the LocalExecutor a process per task, the DAG processor one per DAG file and reading. Each then imports our
operators and our plugin, two seconds of CPU or more, unless the process it is forked from has done so before.

Use: `python -m quickstart.preloaded scheduler` or `... dag-processor`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

from airflow import plugins_manager
from airflow.__main__ import main
from airflow.sdk.listener import get_listener_manager

import release_ops.operators


def preload() -> None:
    """Import every operator of the project with all that they import, and the plugins, as core and task SDK do."""
    for module in pkgutil.iter_modules(release_ops.operators.__path__, f"{release_ops.operators.__name__}."):
        importlib.import_module(module.name)
    plugins_manager.ensure_plugins_loaded()
    get_listener_manager()


if __name__ == "__main__":
    preload()
    sys.argv = ["airflow", *sys.argv[1:]]
    main()
