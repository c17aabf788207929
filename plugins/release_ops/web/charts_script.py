"""The script that draws charts: Vega, Vega-Lite and vega-embed as vl-convert brings them, bundled with our charts.js.

It is made on this machine by the program that also draws the pictures of reports, so nothing is fetched from anywhere
and both draw the same. Expressions are interpreted (`ast`), so that the policy of a page allows no eval.
"""

from __future__ import annotations

import logging
import threading
from functools import cache
from pathlib import Path

from release_ops.web.statics import offer

log = logging.getLogger(__name__)

NAME = "charts.js"
"""Static file that a page with charts loads."""
SOURCE = Path(__file__).with_name("charts.js")
_lock = threading.Lock()


def script() -> bytes:
    """The bundle, 0.9 MB, made once per process in a second or two. Empty where it cannot be made: pages do without."""
    with _lock:
        return _bundle()


@cache
def _bundle() -> bytes:
    try:
        import vl_convert  # noqa: PLC0415 - pages without charts need none of it

        made: str = vl_convert.javascript_bundle(SOURCE.read_text(encoding="utf-8"))
    except Exception:
        log.exception("the charts of the pages cannot be drawn: the script for them cannot be made")
        return b""
    return made.encode()


offer(NAME, script)
