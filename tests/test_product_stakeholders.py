"""Stakeholders and the matrix in a product file: read strictly, with every mistake at its line; more from a feed."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from release_ops.adapters.delivery_feed import FeedRejected
from release_ops.cli import main
from release_ops.domain.stakeholder_policy import Cadence, Level, Strategy, Topic
from release_ops.product import ProductError, doubts, load_product
from release_ops.stakeholder_register import RegisterError, read_register

PRODUCTS = Path(__file__).resolve().parents[1] / "include" / "products"
NOW = datetime(2026, 11, 2, tzinfo=UTC)
EVA = "name: Eva, type: executive, influence: 5, interest: 5"


def written(folder: Path, section: str) -> Path:
    """The demo with other stakeholders, told before everything else so that lines are easy to count."""
    for defaults in PRODUCTS.glob("_defaults*.yaml"):
        shutil.copy(defaults, folder)
    text = (PRODUCTS / "demo.yaml").read_text(encoding="utf-8")
    start, end = text.index("# Who has a stake in it."), text.index("# The partner API")
    path = folder / "webapp.yaml"
    path.write_text(section + text[:start] + text[end:], encoding="utf-8")
    return path


def people(one: str) -> str:
    return f"stakeholders:\n  people:\n    eva: {{{one}}}\n"


def test_what_a_stakeholder_does_not_say_is_that_of_their_type_and_product(tmp_path):
    (eva,) = load_product(written(tmp_path, people(EVA))).stakeholders.people
    assert (eva.audience, eva.level, eva.language) == ("executives", Level.EXECUTIVE, "en")
    assert (eva.availability.zone, eva.availability.holidays) == ("Europe/Berlin", ("DE-BE",))
    assert eva.availability.hours is not None
    assert eva.availability.hours.week[0] == ((480, 1080),)


def test_a_stakeholder_says_everything_themself(tmp_path):
    text = (
        f"{EVA}, audience: customers, level: technical, language: pt-BR, zone: America/Sao_Paulo, holidays: [BR],"
        " hours: {mon: '10:00-12:00'}, away: [{start: 2026-12-01, end: 2026-12-02}], owner: ana, cadence: never,"
        " concerns: [all, {topic: date, text: May}], strategy: monitor, reason: wants it so,"
        " channels: [{kind: email, to: eva@example.org}, {kind: outbox}]"
    )
    (eva,) = load_product(written(tmp_path, people(text))).stakeholders.people
    assert (eva.audience, eva.level, eva.owner) == ("customers", Level.TECHNICAL, "ana")
    assert [one.topic for one in eva.concerns] == [Topic.OTHER, Topic.DATE]
    assert eva.availability.away[0].end - eva.availability.away[0].start == timedelta(days=2), (
        "the last day is included"
    )
    assert (eva.strategy, eva.cadence, eva.reason) == (Strategy.MONITOR, Cadence.NEVER, "wants it so")
    assert [one.kind for one in eva.channels] == ["email", "outbox"]


MIA = f"    mia: {{{EVA}, channels: [{{kind: email, to: A@example.org}}]}}\n"


def fair(facts: str) -> str:
    return f"communication:\n  fair: {{title: Fair, audiences: [support], {facts}}}\n"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (people(f"{EVA}, owner: anna"), "eva.owner: anna: is no approver, role or stakeholder; did you mean 'ana'?"),
        (people(f"{EVA}, owner: eva"), "webapp.yaml:3: stakeholders.people.eva.owner: eva: owns themself"),
        (people(f"{EVA}, audience: executive"), "there is no such audience; did you mean 'executives'?"),
        (people(EVA.replace("influence: 5", "influence: 6")), "eva.influence: 6: is too large; write at most 5"),
        (people(f"{EVA}, cadence: weekly"), "cadence is chosen by hand without a reason; write `reason`, or remove it"),
        (people(f"{EVA}, channels: [{{kind: email, to: eva}}]"), "'eva' is not a mail address"),
        (people(f"{EVA}, language: german"), "'german' is no code of a language"),
        (people(f"{EVA}, hours: {{mon: closed}}"), "never open"),
        (people(f"{EVA}, away: [{{start: 2026-01-01, end: 2029-01-01}}]"), "is not available on a single day"),
        (people(f"{EVA}, channels: [{{kind: email, to: a@example.org}}]") + MIA, "is the address of eva too"),
        (
            "stakeholders:\n  strategies: {monitor: {influence: high, interest: low, cadence: weekly}}\n",
            "no whole grid",
        ),
        (fair("kind: brief"), "has no time; write `rule`, like -2w, or `event`"),
        (fair("rule: {minor: -1w, huge: -2w}"), "huge"),
        (fair("rule: -1w, kind: breif"), "there is no such kind of message; did you mean 'brief'?"),
        (fair("rule: -1w, kind: brief, detail: {minor: sumary}"), "did you mean 'summary'?"),
        (fair("rule: beta -1d"), "counts from something else than GA"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path, section, said):
    with pytest.raises(ProductError) as error:
        load_product(written(tmp_path, section))
    assert said in str(error.value)


def test_who_cannot_be_reached_and_an_audience_of_nobody_are_doubts(tmp_path):
    section = f"{people(EVA)}audiences:\n  partners: []\n{fair('rule: -1w').replace('[support]', '[partners]')}"
    path = written(tmp_path, section)
    listed = "".join(
        f"  {name}: [{{kind: outbox}}]\n" for name in ("engineering", "support", "customers", "executives")
    )
    path.write_text(path.read_text(encoding="utf-8").replace(f"audiences:\n{listed}", ""), encoding="utf-8")
    product = load_product(path)
    told = [str(one) for one in doubts(path, product, None)[1]]
    assert any("stakeholders.people.eva: has no channel, so nothing reaches them" in one for one in told)
    assert any("communication.fair.audiences[0]: partners: nobody is in this audience" in one for one in told)


def test_an_audience_that_only_stakeholders_are_in_is_one(tmp_path):
    section = people(f"{EVA}, audience: partners, channels: [{{kind: outbox}}]")
    product = load_product(
        written(tmp_path, section + "communication:\n  fair: {title: F, rule: -1w, audiences: [partners]}\n")
    )
    assert [one.id for one in product.communication if one.id == "fair"] == ["fair"]


def test_a_phase_has_a_rule_per_release_type(tmp_path):
    path = written(tmp_path, fair("rule: {minor: -1w, '*': -2d}, at: '14:30'"))
    (phase,) = (one for one in load_product(path).communication if one.id == "fair")
    assert (phase.rule_for("minor"), phase.rule_for("patch"), phase.at) == ("-1w", "-2d", time(14, 30))


CSV = (
    "stakeholder,name,type,influence,interest,channels,concerns,owner,zone\n"
    "kito,Kito,partner,3,5,slack:#api|email:kito@example.org,upgrade: webhooks|silence,ana,Asia/Tokyo\n"
)


def register(folder: Path, text: str):
    path = written(folder, people(EVA) + "  feed: {file: people.csv}\n")
    (folder / "people.csv").write_text(text, encoding="utf-8")
    return read_register(load_product(path), folder=folder, now=NOW)


def test_more_of_the_register_comes_from_a_feed(tmp_path):
    eva, kito = register(tmp_path, CSV)
    assert (eva.source, kito.source, kito.audience, kito.level) == ("file", "csv", "partners", Level.TECHNICAL)
    assert [(one.kind, one.to) for one in kito.channels] == [("slack", "#api"), ("email", "kito@example.org")]
    assert [(one.topic, one.text) for one in kito.concerns] == [(Topic.UPGRADE, "webhooks"), (Topic.OTHER, "silence")]
    assert kito.availability.zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kito,Kito", "eva,Kito", "people.csv: eva: is in the product file too; remove one of the two"),
        ("slack:#api", "pigeon:coop", "people.csv: kito: channels.0.kind"),
        (
            "slack:#api|email:kito@example.org",
            "email:kito",
            "people.csv: kito: channels.0: 'kito' is not a mail address",
        ),
        (",3,5,", ",3,9,", "people.csv: kito: interest"),
        ("Asia/Tokyo", "Asia/Tokio", "people.csv: kito: zone: unknown time zone"),
        ("partner", "pardner", "is no type of"),
    ],
)
def test_a_feed_with_a_mistake_is_refused_whole(tmp_path, old, new, said):
    with pytest.raises((RegisterError, FeedRejected)) as error:
        register(tmp_path, CSV.replace(old, new))
    assert said in str(error.value)


def test_the_command_prints_register_and_what_is_due(capsys):
    assert main(["stakeholders", str(PRODUCTS / "demo.yaml"), "--date", "2026-11-10", "--days", "20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    treatments = {one["id"]: (one["strategy"], one["cadence"]) for one in found["stakeholders"]}
    assert treatments["eva"] == ("manage_closely", "weekly")
    assert treatments["ines"] == ("keep_satisfied", "quarterly")
    plans = {one["stakeholder"] or one["audience"] for one in found["due"] if one["phase"] == "plan"}
    assert plans == {
        "engineering",
        "support",
        "customers",
        "executives",
        "eva",
        "felix",
        "greta",
        "henri",
        "user_group",
    }
    assert "@" not in json.dumps([one["channel"] for one in found["due"]])
    assert main(["stakeholders", str(PRODUCTS / "demo.yaml"), "--date", "2026-11-10"]) == 0
    assert "Eva Ebert" in capsys.readouterr().out
