"""`make docs`: writes docs/metrics.md from a database of its own, migrated and thrown away."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from quickstart.postgres import Postgres
from release_ops import cli
from release_ops.store import migrate


def main() -> int:
    """Exit code of `release-ops metrics-docs --write`."""
    folder = Path(tempfile.mkdtemp(prefix="ro-docs-", dir="/tmp"))
    postgres = Postgres(folder / "pg")
    try:
        postgres.start()
        postgres.create_databases("release_ops")
        migrate(postgres.dsn("release_ops"))
        return cli.main(["metrics-docs", "--write", "--database", postgres.dsn("release_ops")])
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
