"""`python -m release_ops`: the command line. Changelogs need little and start without the rest of it."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    if sys.argv[1:2] in (["changelog"], ["version"]):
        from release_ops import cli_changelog

        sys.exit(cli_changelog.main(sys.argv[1:]))
    from release_ops import cli

    sys.exit(cli.main())
