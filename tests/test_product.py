"""The product file: what it may say, and what a person is told when it says something else."""

# ruff: noqa: E501 - a problem is one line, here too

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from release_ops.domain.changelog_rules import DEFAULT_RULES, LABELS, PathRule, SectionRule, Tickets
from release_ops.domain.lint import lint
from release_ops.domain.milestones import train
from release_ops.domain.model import Adjust, Channel, FeatureStatus, MilestoneKind, Product, ReleaseType
from release_ops.domain.versions import tag_version
from release_ops.product import (
    ProductError,
    find_product,
    json_schema,
    load_product,
    load_products,
    products_folder,
    standard_notes,
)

PROJECT = Path(__file__).resolve().parents[1]
PRODUCTS = PROJECT / "include" / "products"
DEMO = PRODUCTS / "demo.yaml"

SOUND = """\
product: shop
repository:
  location: https://git.example.org/shop.git
timezone: Europe/Berlin
approvers:
  release_manager: [{id: ana}]
  technical_lead: [{id: ben}]
  qa_lead: [{id: chloe}]
  product_owner: [{id: dmitri}]
  stakeholder: [{id: eva}]
releases:
  - version: 2.8.0
    type: minor
    ga: 2026-11-26
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A product file of that text, over the project's defaults."""

    def _write(text: str) -> Path:
        path = tmp_path / "shop.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def problems_of(path: Path) -> list[str]:
    """Problems without the folder."""
    with pytest.raises(ProductError) as caught:
        load_product(path, defaults=PRODUCTS)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


def told(write: Write, more: str, *, instead_of: str = "") -> list[str]:
    """Problems of the sound file with more text, or with other text in place of a part."""
    return problems_of(write(SOUND.replace(instead_of, more) if instead_of else SOUND + more))


# What a sound file gives


def test_the_demo_is_sound() -> None:
    product = load_product(DEMO)
    assert product.id == "webapp"
    assert [release.version for release in product.releases][-2:] == ["2.8.0", "2.8.1"]
    assert len(product.release("2.8.0").features) == 12
    assert {person.id for people in product.approvers.values() for person in people} == {
        "ana",
        "ben",
        "chloe",
        "dmitri",
        "eva",
    }
    assert product.milestone_gates[MilestoneKind.GA] == "production"
    assert product.channels["customers"] == (Channel(kind="outbox"),)
    assert Path(product.repository.location) == PROJECT / ".run" / "remotes" / "demo.git"


def test_the_smallest_file_has_the_defaults(write: Write) -> None:
    product = load_product(write(SOUND), defaults=PRODUCTS)
    assert (product.name, product.repository.default_branch, product.repository.push) == ("shop", "main", False)
    assert product.catch_up == timedelta(days=14)
    assert product.trains[ReleaseType.MAJOR][MilestoneKind.PLANNING].rule == "-8w"
    assert product.trains[ReleaseType.MINOR][MilestoneKind.SUPPORT_END].adjust is Adjust.NEXT
    assert product.trains[ReleaseType.HOTFIX] == {}
    assert product.repository.tag_name("2.8.0") == "v2.8.0"


def test_mappings_merge_lists_replace_and_null_removes(write: Write) -> None:
    product = load_product(
        write(
            SOUND + "trains: {minor: {alpha: -5w, beta: null}}\n"
            "gates: {alpha: {criteria: {performance: null, system_tests: {path: out.xml}}}, beta: {criteria: []}}\n"
            "audiences: {engineering: [{kind: slack, to: '#eng'}], executives: null}\nannouncements: null\n"
        ),
        defaults=PRODUCTS,
    )
    minor = product.trains[ReleaseType.MINOR]
    assert (minor[MilestoneKind.ALPHA].rule, MilestoneKind.BETA in minor) == ("-5w", False)
    alpha = {criterion.id: criterion for criterion in product.gates["alpha"].criteria}
    assert "performance" not in alpha
    assert (alpha["system_tests"].spec["path"], alpha["system_tests"].spec["format"]) == ("out.xml", "junit")
    assert product.gates["beta"].criteria == ()
    assert product.channels["engineering"] == (Channel(kind="slack", to="#eng"),)
    assert "executives" not in product.channels


def test_criteria_may_be_a_list(write: Write) -> None:
    text = SOUND + "gates: {beta: {criteria: [{id: done, kind: checklist, title: Done}]}}\n"
    assert [criterion.id for criterion in load_product(write(text), defaults=PRODUCTS).gates["beta"].criteria] == [
        "done"
    ]


def test_a_file_without_any_defaults_says_everything_itself(tmp_path: Path, write: Write) -> None:
    lacking = tmp_path / "defaults"
    lacking.mkdir()
    with pytest.raises(ProductError) as caught:
        load_product(write("product: shop\nrepository: {location: x}\n"), defaults=lacking)
    fields = {problem.field for problem in caught.value.problems}
    assert {"repository.kind", "repository.push", "trains", "timezone", "catch_up", "at", "versioning"} <= fields


def test_own_dates_rules_times_and_features(write: Write) -> None:
    product = load_product(
        write(
            SOUND
            + "    weekday: Thu\n    milestones:\n      alpha: -5w\n      rc: {date: Wed 2026-11-18, reason: the fair}\n"
            "      beta: {at: '15:30'}\n      feature_complete: skip\n"
            "    features: [{id: A-1, title: One, status: in_progress}]\n"
        ),
        defaults=PRODUCTS,
    )
    planned = {m.kind.value: f"{m.planned_at:%m-%d %H:%M}" for m in train(product, product.releases[0])}
    assert planned["alpha"] == "10-22 09:00"
    assert planned["rc"] == "11-18 09:00"
    assert planned["beta"] == "11-12 15:30"
    assert "feature_complete" not in planned
    assert product.releases[0].features[0].status is FeatureStatus.IN_PROGRESS


def test_the_products_time_of_day(write: Write) -> None:
    product = load_product(
        write(SOUND + 'at: "14:15"\ntrains: {minor: {rc: {rule: -1w, at: "16:00"}}}\n'), defaults=PRODUCTS
    )
    rules = product.trains[ReleaseType.MINOR]
    assert (rules[MilestoneKind.GA].at, rules[MilestoneKind.RC].at) == (time(14, 15), time(16))


def test_blackouts_are_whole_days_or_instants_in_the_products_zone(write: Write) -> None:
    product = load_product(
        write(
            SOUND + "blackouts:\n  - {start: 2026-12-24, end: 2026-12-26, reason: Christmas}\n"
            "  - {start: 2026-10-05 18:00, end: 2026-10-06T08:00+00:00, reason: move}\n"
        ),
        defaults=PRODUCTS,
    )
    berlin = ZoneInfo("Europe/Berlin")
    move, christmas = product.blackouts
    assert (move.start, move.end) == (
        datetime(2026, 10, 5, 18, tzinfo=berlin),
        datetime(2026, 10, 6, 10, tzinfo=berlin),
    )
    assert (christmas.start, christmas.end) == (
        datetime(2026, 12, 24, tzinfo=berlin),
        datetime(2026, 12, 27, tzinfo=berlin),
    )


def test_what_yaml_1_1_misread_is_text(write: Write) -> None:
    product = load_product(write(SOUND.replace("ana}", "no}") + "holidays: [NO]\nname: on\n"), defaults=PRODUCTS)
    assert (product.approvers["release_manager"][0].id, product.holiday_regions, product.name) == ("no", ("NO",), "on")


def test_a_location_is_relative_to_the_project_and_may_hold_our_variables(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def located(text: str) -> str:
        return load_product(
            write(SOUND.replace("https://git.example.org/shop.git", text)), defaults=PRODUCTS
        ).repository.location

    monkeypatch.setenv("RELEASE_OPS_GIT", "ssh://git@example.org")
    assert located("remotes/shop.git") == str(PROJECT / "remotes" / "shop.git")
    assert located("${RELEASE_OPS_GIT}/shop.git") == "ssh://git@example.org/shop.git"
    assert located("${RELEASE_OPS_UNSET:-/srv/git}/shop.git") == "/srv/git/shop.git"
    assert located("git@example.org:shop.git") == "git@example.org:shop.git"
    assert located("/srv/shop.git") == "/srv/shop.git"


def test_the_train_does_not_depend_on_the_day_it_is_asked(write: Write) -> None:
    script = (
        "import sys, datetime as d; from pathlib import Path; from release_ops.product import load_product;"
        "from release_ops.domain.milestones import train; p = load_product(Path(sys.argv[1]));"
        "print([(m.key, m.planned_at.isoformat(), m.note) for r in p.releases for m in train(p, r)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, str(DEMO)], env={"PYTHONPATH": str(PROJECT / "plugins"), "TZ": zone, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for zone, seed in (("UTC", "1"), ("Pacific/Kiritimati", "2"))
    }  # fmt: skip
    assert len(outputs) == 1


# What a wrong file is told


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        pytest.param("nmae: Shop", "shop.yaml:15: nmae: unknown key; did you mean 'name'?", id="unknown key"),
        pytest.param("timezone: Europe/Berlin", "shop.yaml:15: timezone: is here twice (first in line 4); remove one", id="twice"),
        pytest.param(
            "conferences: [{name: Fair, start: 2027-01-01, end: 2027-01-02, name: Fair}]",
            "shop.yaml:15: conferences[0].name: is here twice (first in line 15); remove one", id="twice in a list",
        ),
        pytest.param(
            "milestone_gates: {betta: alpha}", "shop.yaml:15: milestone_gates.betta: unknown milestone; did you mean 'beta'?",
            id="unknown milestone",
        ),
        pytest.param(
            "milestone_gates: {rc: alhpa}", "shop.yaml:15: milestone_gates.rc: alhpa: there is no such gate; did you mean 'alpha'?",
            id="unknown gate",
        ),
        pytest.param(
            "trains: {minro: {alpha: -4w}}", "shop.yaml:15: trains.minro: unknown release type; did you mean 'minor'?", id="unknown type"
        ),
        pytest.param(
            "trains: {minor: {alpha: 4w}}",
            "shop.yaml:15: trains.minor.alpha: 4w: before or after GA? write -4w for before, +4w for after", id="rule without sign",
        ),
        pytest.param(
            "trains: {hotfix: {rc: -1d}}", "shop.yaml:15: trains.hotfix: a hotfix release has no calendar; remove these rules",
            id="hotfix with a train",
        ),
        pytest.param(
            "trains: {minor: {ga: -1d}}", "shop.yaml:15: trains.minor.ga: -1d: GA is the day that all rules count from; write ga: ga",
            id="ga moved",
        ),
        pytest.param(
            "trains: {minor: {rc: -3w}}",
            "shop.yaml:15: trains.minor.rc: -3w: beta on 2026-11-12 09:00 is after rc on 2026-11-05 09:00; beta comes before rc: "
            "correct one of them", id="train out of order",
        ),
        pytest.param("holidays: [GB-ENGL]", "shop.yaml:15: holidays[0]: GB-ENGL: unknown part of GB; did you mean 'GB-ENG'?", id="part"),
        pytest.param(
            "holidays: DE", "shop.yaml:15: holidays: DE: is not a list; write [one, two], or lines that start with '- '", id="no list"
        ),
        pytest.param(
            "catch_up: two weeks", "shop.yaml:15: catch_up: two weeks: is not a duration; write it like 14d, 36h, 2w or 30m", id="duration"
        ),
        pytest.param('at: "9 am"', 'shop.yaml:15: at: 9 am: is not a time of day; write it like "09:00", from "00:00" to "23:59"', id="time"),
        pytest.param(
            "blackouts: [{start: 2026-12-24, end: 2026-12-01, reason: x}]",
            "shop.yaml:15: blackouts[0].end: 2026-12-01: ends before it starts; swap start and end, or correct one", id="blackout",
        ),
        pytest.param(
            "away: [{who: lin, start: 2026-12-24, end: 2026-12-01}]",
            "shop.yaml:15: away[0].end: 2026-12-01: ends before it starts; swap start and end, or correct one", id="absence",
        ),
        pytest.param(
            "events: {beta: {title: Beta party, rule: -1w}}",
            "shop.yaml:15: events.beta: is the name of a milestone; rename it; rules that count from this name mean the milestone",
            id="event named like a milestone",
        ),
        pytest.param(
            "load: {features_per_week: -1}", "shop.yaml:15: load.features_per_week: -1: is too small; write more than 0", id="too small"
        ),
        pytest.param(
            "audiences: {engineering: [{kind: slack}]}",
            'shop.yaml:15: audiences.engineering[0]: a channel of kind slack needs `to`; write to: "#releases"', id="channel without to",
        ),
        pytest.param(
            "audiences: {engineering: [{kind: slcak, to: x}]}",
            "shop.yaml:15: audiences.engineering[0].kind: slcak: is not known here; did you mean 'slack'?", id="channel kind",
        ),
        pytest.param(
            "announcements: {ga: [enginering]}",
            "shop.yaml:15: announcements.ga[0]: enginering: there is no such audience; did you mean 'engineering'?", id="audience",
        ),
        pytest.param(
            "windows: {holidays_close: yes}",
            "shop.yaml:15: windows.holidays_close: yes: is not true or false; write true or false without quotes", id="yes",
        ),
        pytest.param(
            "gates: {alpha: {criteria: {system_tests: {treshold: 3}}}}",
            "shop.yaml:15: gates.alpha.criteria.system_tests.treshold: unknown key; did you mean 'threshold'?", id="criterion's key",
        ),
        pytest.param(
            "gates: {alpha: {criteria: {system_tests: {kind: reprot}}}}",
            "shop.yaml:15: gates.alpha.criteria.system_tests.kind: reprot: unknown kind of criterion; did you mean 'report'?",
            id="criterion's kind",
        ),
        pytest.param(
            "gates: {alpha: {criteria: {mine: {kind: sql, title: x, comparator: '>', threshold: 1, connection: c}}}}",
            "shop.yaml:15: gates.alpha.criteria.mine: needs either `statement` or `query`; write the SQL, or name a file in "
            "include/sql/checks", id="sql without a statement",
        ),
        pytest.param(
            "gates: {alpha: {criteria: {mine: {kind: gates, title: x, gates: [feature_complet]}}}}",
            "shop.yaml:15: gates.alpha.criteria.mine.gates[0]: feature_complet: there is no such gate; did you mean 'feature_complete'?",
            id="criterion names a gate",
        ),
        pytest.param(
            "gates: {alpha: {approvals: {roles: {qa_leed: 1}}}}",
            "shop.yaml:15: gates.alpha.approvals.roles.qa_leed: 1: no approver has this role; did you mean 'qa_lead'?", id="role misspelt",
        ),
        pytest.param(
            "gates: {production: {approvals: {roles: {stakeholder: 2}}}}",
            "shop.yaml:10: approvers.stakeholder: has one person, and gate production asks for 2; add people, or ask for fewer", id="too few",
        ),
        pytest.param(
            "gates: {production: {approvals: {minimum: 3}}}",
            "shop.yaml:15: gates.production.approvals.minimum: 3: gate production asks for 3 people, but its roles have only 2; "
            "name more people, or lower it", id="minimum",
        ),
        pytest.param(
            "gates: {alpha: {criteria: {mine: {kind: checklist, title: x, role: stakeholder}}}}",
            "shop.yaml:15: gates.alpha.criteria.mine.role: stakeholder: no stakeholder approves this gate, so nobody can tick this; "
            "its roles are: qa_lead, technical_lead", id="tick without a seat",
        ),
        pytest.param("versioning: {scheme: semvr}", "shop.yaml:15: versioning.scheme: semvr: is not known here; did you mean 'semver'?", id="scheme"),
        pytest.param("scope:", None, id="a key without a value keeps the default"),
    ],
)  # fmt: skip
def test_one_mistake_is_told_once(write: Write, more: str, problem: str | None) -> None:
    if problem is None:
        assert load_product(write(SOUND + more + "\n"), defaults=PRODUCTS)
    else:
        assert told(write, more + "\n") == [problem]


def test_a_misspelt_role_comes_before_the_roles_without_people(write: Write) -> None:
    people = "  technical_lead: [{id: ben}]\n  qa_lead: [{id: chloe}]\n"
    assert told(write, "  tecnical_lead: [{id: ben}]\n", instead_of=people) == [
        "shop.yaml:7: approvers.tecnical_lead: no gate asks for this role; did you mean 'technical_lead'?",
        "shop.yaml:7: approvers.qa_lead: nobody has this role, and gates alpha and beta ask for it; "
        "write people under approvers.qa_lead, or drop the role: gates.alpha.approvals.roles.qa_lead: null",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Europe/Berlin", "Europe/Berln", "shop.yaml:4: timezone: Europe/Berln: unknown time zone; did you mean 'Europe/Berlin'?"),
        ("product: shop", "product: My Shop", "shop.yaml:1: product: My Shop: is not an identifier; use lower-case letters, "
         "digits, '-', '_' and '.', at most 50"),
        ("  qa_lead: [{id: chloe}]\n", "", "shop.yaml:5: approvers.qa_lead: nobody has this role, and gates alpha and beta ask for it; "
         "write people under approvers.qa_lead, or drop the role: gates.alpha.approvals.roles.qa_lead: null"),
        ("chloe", "ben", "shop.yaml:5: gates.alpha.approvals.roles: gate alpha needs 2 different people as qa_lead and technical_lead, "
         "and only ben can fill them; a person fills one seat: name more people, or ask for fewer"),
        ("[{id: eva}]", "[{id: eva}, {id: eva}]", "shop.yaml:10: approvers.stakeholder[1].id: eva: is listed twice; remove one, or "
         "correct the id"),
        ("version: 2.8.0", "version: 2.10", 'shop.yaml:12: releases[0].version: 2.10: is a number to YAML (2.1); put quotes around it: "2.10"'),
        ("version: 2.8.0", 'version: "2.10"', "shop.yaml:12: releases[0].version: 2.10: is not a semver version; write 2.10.0"),
        ("version: 2.8.0", "version: v2.8.0", "shop.yaml:12: releases[0].version: v2.8.0: is not a semver version; write 2.8.0"),
        ("version: 2.8.0", "version: 02.8.0", "shop.yaml:12: releases[0].version: 02.8.0: is not a semver version; write 2.8.0"),
        ("version: 2.8.0", "version: 2.8.0-rc.1", "shop.yaml:12: releases[0].version: 2.8.0-rc.1: is not a final version; write 2.8.0; "
         "the train numbers the pre-releases"),
        ("version: 2.8.0", "version: next", "shop.yaml:12: releases[0].version: next: is not a semver version; write three numbers, like 2.8.0"),
        ("type: minor", "type: minr", "shop.yaml:13: releases[0].type: minr: is not known here; did you mean 'minor'?"),
        ("    type: minor\n", "", "shop.yaml:12: releases[0].type: is missing; add `type:`, one of major, minor, patch, hotfix, security"),
        ("2026-11-26", "", "shop.yaml:14: releases[0].ga: has no value; add `ga:`, like 2026-11-26"),
        ("2026-11-26", "2026-11-31", "shop.yaml:14: releases[0].ga: 2026-11-31: is not a date: day is out of range for month; "
         "check day and month (year-month-day)"),
        ("2026-11-26", "26.11.2026", "shop.yaml:14: releases[0].ga: 26.11.2026: is not a date; write it like 2026-11-26"),
        ("2026-11-26", "20261126", "shop.yaml:14: releases[0].ga: 20261126: is not a date; write it like 2026-11-26"),
        ("2026-11-26", "0206-11-26", "shop.yaml:14: releases[0].ga: 0206-11-26: the year 206 is wildly off; correct the year"),
        ("2026-11-26", "Fri 2026-11-26", "shop.yaml:14: releases[0].ga: Fri 2026-11-26: 2026-11-26 is a Thursday, not a Friday; "
         "the nearest Friday is 2026-11-27: correct the date or the weekday"),
        ("2026-11-26", "2026-11-26\n    weekday: Monday", "shop.yaml:15: releases[0].weekday: Monday: 2026-11-26 is a Thursday, not a "
         "Monday; the nearest Monday is 2026-11-23: correct the date or the weekday"),
        ("2026-11-26", "2026-11-26\n    weekday: Thrusday", "shop.yaml:15: releases[0].weekday: Thrusday: is not a weekday; "
         "did you mean 'Thursday'?"),
        ("2026-11-26", "2026-11-26\n    milestones: {rc: {date: 2026-11-10, reason: x}}", "shop.yaml:15: releases[0].milestones.rc: "
         "rc on 2026-11-10 09:00 is before beta on 2026-11-12 09:00; beta comes before rc: correct one of them"),
        ("2026-11-26", "2026-11-26\n    milestones: {ga: 2026-11-27}", "shop.yaml:15: releases[0].milestones.ga: 2026-11-27: GA's date is the "
         "release's `ga`; change `ga`; only `at` may differ here"),
        ("2026-11-26", "2026-11-26\n    milestones: {rc: {reason: x}}", "shop.yaml:15: releases[0].milestones.rc: changes nothing; "
         "give a date, a rule, a time `at` or `skip: true`"),
        ("repository:", "repository:\n  tag: release", "shop.yaml:3: repository.tag: release: lacks {version}, so every release would get "
         "the same name; write it like v{version}"),
        ("repository:", "repository:\n  release_branch: rel {version}", "shop.yaml:3: repository.release_branch: rel {version}: is not a name "
         "that git allows; use letters, digits, '.', '-', '_' and '/' around {version}"),
        ("https://git.example.org/shop.git", "https://me:secret@git.example.org/shop.git", "shop.yaml:3: repository.location: holds a "
         "password; put it into an Airflow connection"),
        ("https://git.example.org/shop.git", "${HOME}/shop.git", "shop.yaml:3: repository.location: ${HOME}/shop.git: only variables named "
         "RELEASE_OPS_... are filled in; rename HOME"),
        ("https://git.example.org/shop.git", "${RELEASE_OPS_NO_SUCH}", "shop.yaml:3: repository.location: ${RELEASE_OPS_NO_SUCH}: the "
         "environment variable RELEASE_OPS_NO_SUCH is not set; set it, or write a default: ${RELEASE_OPS_NO_SUCH:-path}"),
        ("  location: https://git.example.org/shop.git", "  kind: github\n  location: shop", "shop.yaml:4: repository.location: shop: is not "
         "a GitHub repository; write owner/name"),
        ("  location: https://git.example.org/shop.git", "  push: false", "shop.yaml:2: repository.location: is missing; add `location:`, like "
         "https://git.example.org/webapp.git"),
        ("https://git.example.org/shop.git", "--upload-pack=x", "shop.yaml:3: repository.location: --upload-pack=x: would be an option to git; write ./ before it"),
        ("product: shop\n", "", "shop.yaml:1: product: is missing; add `product:`, like webapp"),
    ],
)  # fmt: skip
def test_one_wrong_value_is_told_once(write: Write, old: str, new: str, problem: str) -> None:
    assert told(write, new, instead_of=old) == [problem]


def test_versions_of_one_line_go_forwards(write: Write) -> None:
    more = "  - {version: 2.9.0, type: minor, ga: 2026-10-01}\n  - {version: 2.8.1, type: patch, ga: 2026-11-20}\n"
    assert told(write, more) == [
        "shop.yaml:15: releases[1].ga: 2026-10-01: versions go backwards: GA of 2.8.0 is 2026-11-26, GA of 2.9.0 is 2026-10-01; "
        "correct one of the dates",
        "shop.yaml:16: releases[2].ga: 2026-11-20: versions go backwards: GA of 2.8.0 is 2026-11-26, GA of 2.8.1 is 2026-11-20; "
        "correct one of the dates",
    ]


def test_a_version_is_planned_once(write: Write) -> None:
    assert told(write, "  - {version: 2.8.0, type: minor, ga: 2026-11-30}\n") == [
        "shop.yaml:15: releases[1].version: 2.8.0: is planned twice; remove one of the two"
    ]


def test_a_year_like_2013_is_told(write: Write) -> None:
    more = "  - {version: 2.9.0, type: minor, ga: 2013-02-26}\n  - {version: 2.10.0, type: minor, ga: 2027-05-27}\n"
    (problem,) = told(write, more)[:1]
    assert problem.startswith("shop.yaml:15: releases[1].ga: 2013-02-26: versions go backwards")
    assert problem.endswith("did you mean 2027-02-26?")


def test_calendar_versions(write: Write) -> None:
    text = SOUND + "versioning: {scheme: calver}\n"
    assert load_product(write(text.replace("2.8.0", "2026.11.0")), defaults=PRODUCTS).scheme == "calver"
    assert problems_of(write(text)) == [
        "shop.yaml:12: releases[0].version: 2.8.0: is not a calver version of the form YYYY.MM.MICRO; write one like 2026.11.1"
    ]


@pytest.mark.parametrize(
    ("versioning", "version"),
    [
        ("{scheme: calver, format: YYYY.0M.MICRO}", "2026.11.0"),
        ("{scheme: calver, format: 'YY.0M[.MICRO]'}", "26.11"),
        ("{scheme: sequential}", "42"),
        ("{scheme: hybrid}", "2026.3.0"),
        ("{scheme: hybrid, format: MAJOR.YYYY.MICRO}", "3.2026.0"),
    ],
)
def test_versions_are_written_by_the_format_of_the_file(write: Write, versioning: str, version: str) -> None:
    text = SOUND.replace("version: 2.8.0", f"version: '{version}'") + f"versioning: {versioning}\n"
    product = load_product(write(text), defaults=PRODUCTS)
    name = product.repository.tag_name(f"{version}-rc.1")
    assert name == f"v{version}-rc.1"
    assert str(tag_version(name, product.repository.tag)) == f"{version}-rc.1"


@pytest.mark.parametrize(
    ("versioning", "version", "problem"),
    [
        ("{scheme: calver, format: YYYY.0M.MICRO}", "2026.4.0",
         "12: releases[0].version: 2026.4.0: is not a calver version of the form YYYY.0M.MICRO; write 2026.04.0"),
        ("{scheme: calver, format: YYYY.0M.MICRO}", "2026.11.0-rc.1",
         "12: releases[0].version: 2026.11.0-rc.1: is not a final version; write 2026.11.0; the train numbers the pre-releases"),
        ("{scheme: sequential}", "2.8.0",
         "12: releases[0].version: 2.8.0: is not a sequential version of the form N; write one like 1"),
        ("{scheme: calver, format: YYYY.MINOR.PATCH}", "2026.3.0",
         "15: versioning: YYYY.MINOR.PATCH is no format of scheme calver; write a format such as YYYY.0M.MICRO"),
        ("{scheme: calver, format: YYYY.QQ}", "2026.3",
         "15: versioning.format: YYYY.QQ: 'QQ' is none of"),
        ("{scheme: semver, format: YYYY.0M.MICRO}", "2.8.0",
         "15: versioning: semver has no format; remove it, or write scheme: calver"),
        ("{scheme: sequential, zero_breaking: major}", "42", "15: versioning: zero_breaking is for semver; remove it"),
        ("{at_most: mayor}", "2.8.0", "15: versioning.at_most: mayor: is not known here; did you mean 'major'?"),
    ],
)  # fmt: skip
def test_a_version_or_a_format_that_does_not_fit_is_told(
    write: Write, versioning: str, version: str, problem: str
) -> None:
    text = SOUND.replace("version: 2.8.0", f"version: '{version}'") + f"versioning: {versioning}\n"
    found = problems_of(write(text))
    assert any(problem in line for line in found), found


def test_a_version_dated_otherwise_than_its_ga_is_a_doubt(write: Write) -> None:
    text = (
        SOUND.replace("version: 2.8.0", "version: 2026.12.0") + "versioning: {scheme: calver, format: YYYY.0M.MICRO}\n"
    )
    product = load_product(write(text), defaults=PRODUCTS)
    (doubt,) = [finding for finding in lint(product) if finding.field == "version"]
    assert not doubt.error
    assert (doubt.message, doubt.remedy) == ("is dated otherwise than its GA on 2026-11-26", "meant 2026.11.0?")
    patch = load_product(write(text.replace("2026.12.0", "2026.10.1")), defaults=PRODUCTS)
    assert [finding for finding in lint(patch) if finding.field == "version"] == []


def test_levels_of_the_bump_policy_are_the_product_s(write: Write) -> None:
    text = SOUND + "versioning: {zero_breaking: major, at_least: patch}\n"
    assert load_product(write(text), defaults=PRODUCTS).bump == {"zero_breaking": "major", "at_least": "patch"}


def test_all_problems_of_a_file_come_at_once_in_its_order(write: Write) -> None:
    text = (
        SOUND.replace("Europe/Berlin", "Europe/Berln").replace("2.8.0", "v2.8.0").replace("type: minor", "type: minr")
        + "    features: [{id: A, titel: x}]\n  - {version: 2.9.0, type: minor, ga: Mon 2026-12-10}\nnmae: x\n"
        + "milestone_gates: {rc: nope}\naudiences: {engineering: [{kind: slack}, {kind: email}, {kind: nope}]}\n"
    )
    found = problems_of(write(text))
    assert [(line.split(":")[1], line.split(": ")[1]) for line in found] == [
        ("4", "timezone"),
        ("12", "releases[0].version"),
        ("13", "releases[0].type"),
        ("15", "releases[0].features[0].title"),
        ("15", "releases[0].features[0].titel"),
        ("16", "releases[1].ga"),
        ("17", "nmae"),
        ("18", "milestone_gates.rc"),
        ("19", "audiences.engineering[0]"),
        ("19", "audiences.engineering[1]"),
        ("19", "audiences.engineering[2].kind"),
    ]


# Files that are hardly product files


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "shop.yaml: is empty; start from `release-ops init NAME --repository URL`", id="empty"),
        pytest.param(b"# nothing\n---\n", "shop.yaml: is empty; start from `release-ops init NAME --repository URL`", id="only a comment"),
        pytest.param(b"- a\n- b\n", "shop.yaml:1: holds a list instead of `key: value` lines; start from `release-ops init NAME --repository URL`", id="list"),
        pytest.param(b"hello\n", "shop.yaml:1: holds a single value instead of `key: value` lines; start from `release-ops init NAME --repository URL`", id="text"),
        pytest.param(b"\x00\x01\x02", "shop.yaml: is a binary file; name a YAML file", id="binary"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00", "shop.yaml: is not UTF-8 text; save it as UTF-8", id="picture"),
        pytest.param("product: x\nname: Büro\n".encode("latin-1"), "shop.yaml:2: is not UTF-8 text; save it as UTF-8", id="latin-1"),
        pytest.param(b"a: " + b"x" * 2_000_000, "shop.yaml: is larger than 1000 kB; a product file is a few kB; is this the right file?", id="huge"),
        pytest.param(b"product: x\n\tname: y\n", "shop.yaml:2: has a tab; indent with spaces; YAML does not allow tabs", id="tab"),
        pytest.param(b"product: a: b\n", "shop.yaml:1: a second ': ' on one line; put quotes around the text, or check the indentation", id="colon"),
        pytest.param(b"product: 'x\n", "shop.yaml:2: a quote that is never closed; close it", id="quote"),
        pytest.param(b"a: [1, 2\nb: 3\n", "shop.yaml:2: a bracket that is never closed, or a comma that is missing; close it", id="bracket"),
        pytest.param(b"name: @me\n", "shop.yaml:1: a value that starts with a sign that YAML reserves; put quotes around it", id="at sign"),
        pytest.param(b"a: 1\n   b: 2\n  c: 3\n", "shop.yaml:2: a second ': ' on one line; put quotes around the text, or check the indentation", id="indent"),
        pytest.param(b"a: 1\n---\nb: 2\n", "shop.yaml:2: a second document (`---`); one product per file", id="two documents"),
        pytest.param(b"a: !!python/object/apply:os.system [ls]\n", "shop.yaml:1: !!python/object/apply:os.system: tags are not understood here; write the plain value", id="tag"),
        pytest.param(b"a: *x\n", "shop.yaml:1: *x: an alias without an earlier anchor; define &x above", id="alias"),
        pytest.param(b"a: &x [*x]\n", "shop.yaml:1: *x: an alias without an earlier anchor; define &x above", id="alias of itself"),
        pytest.param(b"a: " + b"[" * 100_000, "shop.yaml:1: is nested deeper than 40 levels; is this a product file?", id="deep"),
        pytest.param(b"? [a, b]\n: c\n", "shop.yaml:1: a key that is not plain text; write `key: value`", id="key"),
        pytest.param(b"a: 1\n<<: 3\n", "shop.yaml:1: `<<` merges mappings only; write the keys out", id="merge"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_product_file(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "shop.yaml"
    path.write_bytes(content)
    assert problems_of(path) == [problem]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "shop.yaml") == ["shop.yaml: no such file; check the path"]


def test_aliases_that_would_expand_to_billions_are_stopped(write: Write) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (problem,) = problems_of(write("\n".join(lines)))
    assert problem == "shop.yaml:5: has more than 50000 values once its aliases are expanded; use fewer aliases"


def test_anchors_and_merge_keys_within_reason(write: Write) -> None:
    text = (
        SOUND.replace("[{id: eva}]", "&people [{id: eva}]")
        + "trains:\n  patch: &short {planning: -7w}\n  minor: {<<: *short, alpha: -5w}\n"
    )
    product = load_product(write(text), defaults=PRODUCTS)
    assert product.trains[ReleaseType.MINOR][MilestoneKind.PLANNING].rule == "-7w"


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
@example("a: &b\n  *b : c\n")
@example("{? a: b}")
@example("%YAML 1.1\n---\na: 1\n")
@example("\ufeffproduct: x")
@example("'")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_product_or_told_why_not(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ProductError) as caught:
        load_product(path, defaults=PRODUCTS)
    assert caught.value.problems


LEAVES = [
    "",
    "null",
    "true",
    "-1",
    "3.5",
    "[]",
    "{}",
    "[1, {a: b}]",
    "{a: {b: c}}",
    "x",
    "2026-11-26",
    "-4w",
    "'#'",
    "..",
    "9999999999999",
]
KEYS = [
    "product", "name", "repository", "versioning", "timezone", "holidays", "catch_up", "at", "trains", "releases", "scope",
    "gates", "milestone_gates", "approvers", "audiences", "announcements", "freeze", "windows", "blackouts",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(LEAVES), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_wrong_section_is_told_and_never_breaks_the_loader(tmp_path: Path, sections: dict[str, str]) -> None:
    top: list[str] = []
    keep = True
    for line in SOUND.splitlines():
        keep = line.split(":")[0] not in sections if line[0] != " " else keep
        top += [line] * keep
    path = tmp_path / "any.yaml"
    path.write_text("\n".join([*top, *(f"{key}: {value}" for key, value in sections.items())]), encoding="utf-8")
    with contextlib.suppress(ProductError):
        load_product(path, defaults=PRODUCTS)


# Folders


def test_a_folder_gives_its_products_and_all_problems(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SOUND)
    (tmp_path / "b.yml").write_text(SOUND.replace("product: shop", "product: desk"))
    (tmp_path / "c.yaml").write_text(SOUND)
    (tmp_path / "d.yaml").write_text("nope")
    (tmp_path / "_notes.yaml").write_text("- not a product")
    (tmp_path / "readme.md").write_text("text")
    products, problems = load_products(tmp_path)
    assert list(products) == ["shop", "desk"]
    assert [(Path(problem.file).name, problem.message) for problem in problems] == [
        ("c.yaml", "is the product of a.yaml already"),
        ("d.yaml", "holds a single value instead of `key: value` lines"),
    ]


def test_a_broken_default_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "_defaults.yaml").write_text("timezone: [\n")
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(SOUND)
    products, problems = load_products(tmp_path)
    assert not products
    assert [Path(problem.file).name for problem in problems] == ["_defaults.yaml"]


def test_a_default_that_changes_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "_defaults.yaml").write_text((PRODUCTS / "_defaults.yaml").read_text())
    (tmp_path / "a.yaml").write_text(SOUND)
    assert load_product(tmp_path / "a.yaml").catch_up == timedelta(days=14)
    (tmp_path / "_defaults.yaml").write_text((PRODUCTS / "_defaults.yaml").read_text().replace("14d", "3w"))
    (tmp_path / "_defaults.zz.yaml").write_text("freeze: {required_reviews: 5}\n")
    product = load_product(tmp_path / "a.yaml")
    assert (product.catch_up, product.freeze.required_reviews) == (timedelta(weeks=3), 5)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    products, (problem,) = load_products(tmp_path / "none")
    assert not products
    assert problem.remedy == "set RELEASE_OPS_PRODUCTS to the folder of the product files"


def test_a_product_is_found_by_its_id_whatever_its_file_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELEASE_OPS_PRODUCTS", raising=False)
    assert products_folder() == PRODUCTS
    assert find_product("webapp").name == "Webapp"
    with pytest.raises(ProductError, match="no file describes this product; known are: webapp"):
        find_product("nope")


# The changelog


def test_the_defaults_are_the_rules_that_a_changelog_has_without_a_file(write: Write) -> None:
    assert load_product(write(SOUND)).changelog == DEFAULT_RULES


def test_a_team_s_own_rules(write: Write) -> None:
    own = """\
changelog:
  convention: labels
  types: {Neu: feat}
  labels: {Kind/Bug: fix, ignore: null}
  sections:
    - {title: News, types: [feat, fix]}
    - {title: Tools, types: [ci], hidden: true}
  paths:
    - {path: docs/, type: docs}
  tickets: {projects: [WEB, OPS], url: "https://jira.example.org/browse/{id}"}
"""
    rules = load_product(write(SOUND + own)).changelog
    assert rules.convention == "labels"
    assert rules.types == {"neu": "feat"}
    assert rules.labels == {**{key: one for key, one in LABELS.items() if key != "ignore"}, "kind/bug": "fix"}
    assert rules.sections == (SectionRule("News", ("feat", "fix")), SectionRule("Tools", ("ci",), hidden=True))
    assert rules.paths == (PathRule("docs/", "docs"),)
    assert rules.tickets == Tickets(("WEB", "OPS"), "https://jira.example.org/browse/{id}")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("convention: jira", "changelog.convention: jira: "),
        ("types: {neu: skip}", "changelog.types.neu: skip: 'skip' is for labels; write a type, like feat"),
        ("labels: {x: Not a type}", "changelog.labels.x: Not a type: is not a type; write one word in small letters"),
        ("sections: [{title: News, types: []}]", "changelog.sections[0].types"),
        ("paths: [{path: /docs, type: docs}]", "/docs: is not a path pattern; write it from the repository's root"),
        (f"paths: [{{path: '{'*a' * 9}', type: docs}}]", "is not a path pattern"),
        ("tickets: {projects: ['(a+)+', WEB], url: 'https://x/{id}'}", "(a+)+: is not the key of a project"),
        ("tickets: {projects: [WEB], url: 'javascript:{id}'}", "javascript:{id}: is not the page of a ticket"),
        ("tickets: {projects: [WEB], url: 'https://x/'}", "https://x/: is not the page of a ticket"),
    ],
)
def test_rules_that_are_none(section: str, said: str, write: Write) -> None:
    with pytest.raises(ProductError) as raised:
        load_product(write(f"{SOUND}changelog:\n  {section}\n"))
    (problem,) = raised.value.problems
    assert said in str(problem)


# Release notes


def noted(tmp_path: Path, text: str) -> Product:
    """The sound product with a section about notes."""
    file = tmp_path / "a.yaml"
    file.write_text(SOUND + text)
    return load_product(file)


def test_a_product_changes_single_keys_of_an_audience_and_adds_its_own(tmp_path: Path) -> None:
    notes = noted(
        tmp_path,
        "notes:\n  audiences:\n    general: {highlights: 2}\n    business: null\n"
        "    partner: {heading: For partners, sections: [Features], show: [links], without_scopes: [UI]}\n"
        "  internal: {scopes: [Telemetry], types: [perf]}\n"
        "  summary: {connection: model, audiences: [general, partner]}\n",
    ).notes
    assert (notes.audience("general").highlights, notes.audience("general").heading) == (2, "What is new")
    assert notes.audience("partner").without_scopes == {"ui"}
    assert "business" not in notes.audiences
    assert (notes.internal_scopes, notes.internal_types) == ({"telemetry"}, {"perf"})
    assert notes.summary is not None
    assert (notes.summary.connection, notes.summary.sentences) == ("model", 5)


def test_defaults_of_an_older_installation_have_no_audiences_and_get_ours(tmp_path: Path) -> None:
    (tmp_path / "_defaults.yaml").write_text((PRODUCTS / "_defaults.yaml").read_text())
    assert noted(tmp_path, "").notes == standard_notes()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("notes: {audiences: {general: null}}", "notes.audiences.general: published releases and messages need it"),
        ("notes: {summary: {connection: m, audiences: [genral]}}", "there is no such audience of notes; did you mean"),
        ("notes: {audiences: {general: {sections: [Feature]}}}", "did you mean 'Features'?"),
        ("notes: {audiences: {general: {show: [tickets]}}}", "tickets: is not known here"),
        ("notes: {audiences: {own: {heading: x}}}", "notes.audiences.own.sections: is missing"),
        ("notes: {summary: {sentences: 3}}", "notes.summary.connection: is missing"),
        ("planning: {summary: {sentences: 3}}", "planning.summary.connection: is missing"),
        ("planning: {summary: {connection: m, sentences: 11}}", "planning.summary.sentences"),
        ("planning: {model: m}", "planning.model: "),
        ("notes: {audience: {}}", "did you mean 'audiences'?"),
    ],
)
def test_mistakes_in_the_section_about_notes(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ProductError) as caught:
        noted(tmp_path, text + "\n")
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1


# The JSON Schema


def test_the_schema_beside_the_products_is_current() -> None:
    assert json.loads((PRODUCTS / "product.schema.json").read_text()) == json_schema(), (
        "run: release-ops schema --write"
    )


def test_the_demo_fits_the_schema() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = yaml.load(DEMO.read_text(), Loader=_Core)
    jsonschema.Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize(
    "change",
    [
        {"nmae": "x"},
        {"timezone": 3},
        {"milestone_gates": {"betta": "alpha"}},
        {"releases": [{"version": 2.1}]},
        {"push": True},
    ],
)
def test_the_schema_refuses(change: dict[str, object]) -> None:
    document = {**yaml.load(DEMO.read_text(), Loader=_Core), **change}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema()).validate(document)


def test_the_schema_allows_what_removes_a_default() -> None:
    document = {
        "product": "x",
        "repository": {"location": "y"},
        "gates": {"alpha": {"criteria": {"performance": None, "system_tests": {"path": "z"}}}},
        "trains": {"minor": {"alpha": None, "rc": "-2w", "beta": {"rule": "-3w", "at": "10:00"}}},
    }
    jsonschema.Draft202012Validator(json_schema()).validate(document)


def test_every_key_of_the_schema_is_described() -> None:
    schema = json_schema()
    bare = [
        f"{name}.{key}"
        for name, definition in [("product", schema), *schema["$defs"].items()]
        for key, value in definition.get("properties", {}).items()
        if "description" not in value and "const" not in value and "$ref" not in value
    ]
    assert bare == []


class _Core(yaml.SafeLoader):
    """Dates stay text, as in YAML 1.2."""


_Core.yaml_implicit_resolvers = {
    key: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def test_an_error_can_be_carried_between_processes() -> None:
    import pickle

    with pytest.raises(ProductError) as caught:
        load_product(Path("/no/such.yaml"))
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.problems == caught.value.problems
    assert replace(copy.problems[0], line=3).line == 3
