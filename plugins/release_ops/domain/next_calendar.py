"""The next version by the calendar or by counting: what the day and the changes ask for, and why, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from release_ops.domain.calver import Format, date_of, next_by_calendar
from release_ops.domain.change import Change
from release_ops.domain.version_forms import FormVersion, versions_of
from release_ops.domain.versions import BumpPolicy, bump, level_of


def next_by_form(
    form: Format, on: dt.date, changes: Sequence[Change], known: Iterable[object], policy: BumpPolicy | None
) -> tuple[FormVersion | None, str, list[str], tuple[Change, ...]]:
    """Version, level, reasons and deciding changes of a release on the day `on`; None where nothing asks for one.

    Only final versions of `known` count: what a pre-release promised on an earlier date is for that date. `changes`
    decide whether there is a release at all, and in a format with MAJOR or MINOR which of them goes up.
    """
    policy = policy or BumpPolicy()
    asked = bump(changes, "1.0.0", policy=policy)
    if asked.version is None:
        return None, "none", ["nothing since the last release asks for one"], ()
    level = asked.level
    if level == "exact":
        level = max((level_of(change, policy) for change in changes), key=("none", "patch", "minor", "major").index)
    out = [str(one) for one in known if isinstance(one, FormVersion) and not one.prerelease]
    text = next_by_calendar(form, on, out, level="patch" if level == "none" else level)
    reason, change = asked.why[0]
    name = f" {change.id[:7]}" if change.id else ""
    day = f" on {on}" if date_of(form, on) else ""
    why = [f"{reason}{name} asks for a release; {form.text} makes it {text}{day}"]
    return versions_of(form.text).parse(text), asked.level, why, tuple(one for _, one in asked.why)
