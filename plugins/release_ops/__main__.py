"""`release-ops`, `python -m release_ops`: the command line. Changelogs need little and start without the rest of it."""

from __future__ import annotations

import sys


def main() -> int:
    """Exit code of the command that the arguments name."""
    if sys.argv[1:2] in (["changelog"], ["version"], ["where"]):
        from release_ops import cli_changelog  # noqa: PLC0415 - starts in a tenth of the time of the rest

        return cli_changelog.main(sys.argv[1:])
    from release_ops import cli  # noqa: PLC0415

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
