"""Entries of a release's calendar that run nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from release_ops.domain.events import events
from release_ops.domain.model import MilestoneKind, Need, Product, ReleaseType
from release_ops.product import load_product

DEFAULTS = Path(__file__).parents[2] / "include" / "products"

HEAD = """
product: webapp
repository: {location: ../x.git}
timezone: Europe/Berlin
milestone_gates: {feature_complete: null, alpha: null, freeze: null, beta: null, rc: null, ga: null}
"""


def webapp(tmp_path: Path, text: str) -> Product:
    path = tmp_path / "webapp.yaml"
    path.write_text(HEAD + text)
    return load_product(path, defaults=DEFAULTS)


CALENDAR = """
events:
  docs_freeze: {rule: -2w, title: Docs freeze, at: "18:00", owner: lena}
  bug_bash: {rule: -10d, lasts: 2d, types: [minor]}
  retro: +1w
releases:
  - version: 2.8.0
    type: minor
    ga: 2026-11-26
    events:
      retro: {date: 2026-12-07, reason: the room is free}
      kubecon: 2026-11-10
  - {version: 2.8.1, type: patch, ga: 2026-12-10, events: {docs_freeze: skip}}
  - {version: 2.8.2, type: hotfix, ga: 2026-12-11}
"""


def test_events_are_dated_from_ga_in_order(tmp_path: Path) -> None:
    product = webapp(tmp_path, CALENDAR)
    found = events(product, product.release("2.8.0"))
    assert [(event.id, f"{event.planned_at:%Y-%m-%d %H:%M}", event.all_day) for event in found] == [
        ("kubecon", "2026-11-10 00:00", True),
        ("docs_freeze", "2026-11-12 18:00", False),
        ("bug_bash", "2026-11-16 00:00", True),
        ("retro", "2026-12-07 00:00", True),
    ]
    assert found[1].title == "Docs freeze"
    assert found[1].key == "webapp:2.8.0:docs_freeze"
    assert found[1].planned_at.astimezone(UTC) == datetime(2026, 11, 12, 17, tzinfo=UTC)
    assert f"{found[2].ends_at:%Y-%m-%d %H:%M}" == "2026-11-18 00:00"
    assert found[3].note == "the room is free"


def test_a_release_may_skip_an_event_and_a_type_may_lack_it(tmp_path: Path) -> None:
    product = webapp(tmp_path, CALENDAR)
    assert [event.id for event in events(product, product.release("2.8.1"))] == ["retro"]
    assert events(product, product.release("2.8.2")) == ()


def test_needs_teams_absences_and_notice_are_read(tmp_path: Path) -> None:
    product = webapp(
        tmp_path,
        """
teams: [payments, payments]
away: [{who: ana, start: 2026-12-20, end: 2026-12-31}]
releases:
  - {version: 3.0.0, type: major, ga: 2026-11-26, start: 2026-09-01, needs: [{product: api, version: 4.0.0, before: rc}]}
""",
    )
    release = product.release("3.0.0")
    assert release.needs == (Need(product="api", version="4.0.0", before=MilestoneKind.RC),)
    assert product.teams == ("payments",)
    assert f"{product.absences[0].end:%Y-%m-%d %H:%M}" == "2027-01-01 00:00"
    assert product.notice[ReleaseType.MAJOR].days == 28
