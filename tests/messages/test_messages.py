"""Messages to people: every kind for every audience, with and without facts; data becomes no structure, link or mention."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from release_ops.adapters.slack_blocks import BLOCK_TEXT, BLOCKS, HEADER, SECTION, length, parts
from release_ops.domain.audiences import KnownIssue
from release_ops.domain.concerns import Raised
from release_ops.domain.expectations import Answer, Event, EventKind, Expectation, Party
from release_ops.domain.message_facts import Facts, Moved, NotedRisk, Occasion, OpenCriterion, Standing, Trouble
from release_ops.domain.model import Feature, FeatureStatus, Product
from release_ops.escaping import is_web, one_line
from release_ops.messages import SUBJECT, Letter, compose, readers
from release_ops.product import load_product
from release_ops.render import TemplateProblem
from tests.hostile import HOSTILE, MARKDOWN, TEXTS, WEB, changelog, leaves

PRODUCT = load_product(Path(__file__).parents[2] / "include" / "products" / "demo.yaml")
RELEASE = PRODUCT.release("2.8.0")
GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PAIRS = [(kind, audience) for kind in PRODUCT.messages.kinds for audience in readers(PRODUCT, kind)]
BARE = Facts(product=PRODUCT, release=replace(RELEASE, theme="", features=()), now=NOW)
STEERING = set("\x00\x07\x1b\u200b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def told(text: str, product: Product = PRODUCT) -> tuple[Facts, Occasion]:
    """Facts of which every text is `text`."""
    issue = KnownIssue(id=text, title=text, workaround=text, url=text)
    feature = Feature(id=text or "x", title=text, status=FeatureStatus.IN_PROGRESS, url=text)
    trouble = Trouble(id=text, title=text, severity="high", started_at=NOW, url=text)
    facts = Facts(
        product=product,
        release=replace(RELEASE, theme=text, features=(feature,), known_issues=(issue,)),
        now=NOW,
        changelog=changelog(
            f"feat(api): {one_line(text)}",
            f"fix!: {one_line(text)}\n\nBREAKING CHANGE: {text}",
            f"feat: x\n\nRelease-Note: {one_line(text)}",
            web_url=WEB,
        ),
        features=(feature, replace(feature, status=FeatureStatus.DONE)),
        risks=(NotedRisk(title=text, score=2.5, trend="up", mitigation=text, owner=text),),
        criteria=(OpenCriterion(gate=text, title=text, outcome="fail", detail=text),),
        known_issues=(issue,),
        standing=Standing(status="yellow", week=date(2026, 11, 16), on_time=0.7, p85_on=date(2026, 12, 1)),
        moves=(Moved(title=text, old=date(2026, 11, 19), new=RELEASE.ga, noticed=NOW.date(), reason=text),),
        troubles=(trouble,),
        pages={"The release": "https://releases.example.org/x"},
        notes_url="https://github.com/octo/webapp/releases/v2.8.0",
    )
    news = Event(
        kind=EventKind.SLIP,
        id="x",
        version="2.8.0",
        title=text,
        at=NOW,
        old=RELEASE.ga,
        new=date(2026, 12, 3),
        reason=text,
        features=(text,),
        severity="high",
    )
    expectation = Expectation(
        party=Party(id="x", name=text, audience="customers", strategy="monitor"),
        why=(text,),
        answers=(Answer(topic="date", stated=text, effect=text, likely=text, mitigation=text),),
        next_contact=date(2026, 11, 23),
    )
    concern = Raised(
        id="c-1",
        product="webapp",
        version="2.8.0",
        stakeholder=text,
        topic="date",
        text=text,
        received_at=NOW,
        due_at=NOW,
    )
    return facts, Occasion(reason=text, trouble=trouble, next=text, news=news, expectation=expectation, concern=concern)


@pytest.mark.parametrize(("kind", "audience"), PAIRS)
def test_every_message_can_be_written_when_nothing_is_known(kind: str, audience: str) -> None:
    letter = compose(kind, audience, BARE)
    assert letter.subject
    assert letter.plain.startswith(letter.subject[:40])
    assert "None" not in letter.plain
    assert "[]" not in letter.plain
    assert "\n\n\n" not in letter.plain + letter.markdown + letter.mrkdwn
    for known in ("changes", "features", "risks", "gate", "health report", "theme"):
        assert any(known in said for said in letter.missing), known


@pytest.mark.parametrize("kind", PRODUCT.messages.kinds)
def test_hostile_texts_in_every_message(kind: str) -> None:
    for text in HOSTILE:
        facts, occasion = told(text)
        for news in EventKind:
            event = replace(occasion, news=replace(occasion.news, kind=news)) if occasion.news else occasion
            for audience in {readers(PRODUCT, kind)[0], readers(PRODUCT, kind)[-1]}:
                _is_harmless(compose(kind, audience, facts, event=event, others=(facts,)))
            if kind != "expectation":
                break


@settings(max_examples=150)
@given(st.sampled_from(PAIRS), TEXTS, st.sampled_from(("summary", "detailed", "technical")))
def test_any_text_in_any_message(pair: tuple[str, str], text: str, detail: str) -> None:
    # It stands also where an address is expected, and a sound one becomes a link there.
    assume(not is_web(text))
    facts, occasion = told(text)
    _is_harmless(compose(*pair, facts, event=occasion, others=(facts,), detail=detail))


def _is_harmless(letter: Letter) -> None:
    assert "\n" not in letter.subject
    assert len(letter.subject) <= SUBJECT
    for text in (letter.subject, letter.plain, letter.mrkdwn, letter.html):
        assert not STEERING & set(text)
    _is_harmless_in_slack(letter)
    seen = _Seen()
    seen.feed(letter.html)
    assert seen.tags <= _Seen.OURS
    assert seen.attributes <= {"style", "href", "lang", "charset", "name", "content", "role", "width", "cellpadding",
                               "cellspacing", "align", "start", "scope"}  # fmt: skip
    assert all(
        url.startswith(("https://github.com/octo/webapp", "https://releases.example.org/")) for url in seen.links
    )
    for token in leaves(MARKDOWN.parse(letter.markdown)):
        assert token.type not in {"html_block", "html_inline", "image"}
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith(("https://github.com/octo/", "https://releases.example.org/"))


LINK = re.compile(r"<https://(github\.com/octo/webapp|releases\.example\.org)[^<>|]*\|[^<>|]*>")


def _is_harmless_in_slack(letter: Letter) -> None:
    assert "<" not in LINK.sub("", letter.mrkdwn)
    assert not re.search(r"@\w", letter.mrkdwn.replace("ana@example.org", ""))
    assert len(letter.blocks) <= BLOCKS
    assert sum(length(text) for text in _texts(letter.blocks)) <= BLOCK_TEXT
    assert len(parts(letter.subject, letter.blocks)) == 1
    for block in letter.blocks:
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            assert 0 < length(block["text"]["text"]) <= HEADER
        for text in [block["text"]] if block["type"] == "section" else block.get("elements", ()):
            assert text["verbatim"] is True
            assert 0 < length(text["text"]) <= SECTION
            assert "<" not in LINK.sub("", text["text"])
            assert not re.search(r"@\w", text["text"])


def _texts(value: Any) -> Iterator[str]:
    for block in value:
        for text in [block["text"]] if "text" in block else block["elements"]:
            yield text["text"]


class _Seen(HTMLParser):
    """What a browser would find."""

    OURS = frozenset(
        ["html", "head", "meta", "title", "body", "table", "tr", "td", "th", "h1", "h2", "h3", "p", "ul", "ol", "li"]
    ) | {"pre", "code", "strong", "em", "a", "br", "hr", "blockquote"}

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


def test_text_is_the_same_in_every_form() -> None:
    """What a template escapes for Markdown is written as it was in the other forms, and not twice escaped."""
    text = r"a_b *c* [d](e) `f` <g> & h | i \ j"
    facts, _ = told(text)
    letter = compose("brief", "executives", facts)
    assert text in " ".join(letter.plain.split())
    assert "a_b *c* [d](e) `f` &lt;g&gt; &amp; h | i \\ j" in letter.mrkdwn
    assert "a_b *c* [d](e) `f` &lt;g&gt; &amp; h | i \\ j" in letter.html


def test_a_mention_in_plain_text_and_html_is_as_it_was_written() -> None:
    facts, _ = told("mail ada@example.org")
    letter = compose("brief", "executives", facts)
    assert "mail ada@example.org" in letter.plain
    assert "mail ada@example.org" in letter.html


# Who reads what


def test_outside_readers_learn_nothing_of_what_is_for_inside() -> None:
    facts, occasion = told("QQQ")
    inside = replace(
        facts,
        release=replace(facts.release, theme="A theme"),
        changelog=None,
        known_issues=(),
        features=(Feature(id="WEB-1", title="QQQ", status=FeatureStatus.PLANNED),),
    )
    outside = [name for name in PRODUCT.messages.audiences if name.startswith(("customers", "partners"))]
    assert len(outside) == 4
    for kind in PRODUCT.messages.kinds:
        for audience in set(outside) & set(readers(PRODUCT, kind)):
            letter = compose(
                kind, audience, inside, event=Occasion(reason="QQQ", trouble=occasion.trouble), others=(inside,)
            )
            assert "QQQ" not in letter.plain, (kind, audience)
            assert "yellow" not in letter.plain
            assert "releases.example.org" not in letter.html


def test_engineering_reads_what_executives_need_not() -> None:
    facts, _ = told("x")
    assert "Features\n--------" in compose("brief", "engineering", facts).plain
    assert "Features\n--------" not in compose("brief", "executives", facts).plain


def test_detail_is_the_reader_s_own_wish() -> None:
    facts, _ = told("x")
    many = replace(facts, risks=tuple(NotedRisk(title=f"risk {i}", score=1) for i in range(30)))
    for detail, shown in (("summary", 3), ("detailed", 12), ("technical", 30)):
        text = compose("brief", "executives", many, detail=detail).plain
        assert sum(f"risk {i}:" in text for i in range(30)) == shown
        assert (f"and {30 - shown} more" in text) == (shown < 30)


def test_an_unknown_kind_or_detail_is_an_error_with_the_known_ones() -> None:
    for kind, detail in (("brif", ""), ("brief", "long")):
        with pytest.raises(ValueError, match="unknown; choose one of"):
            compose(kind, "support", BARE, detail=detail)
    nobody_else = replace(PRODUCT.messages, audiences={"support": PRODUCT.messages.audience("support")})
    facts = replace(BARE, product=replace(PRODUCT, messages=nobody_else))
    with pytest.raises(ValueError, match="audience 'suport': unknown; choose one of support"):
        compose("brief", "suport", facts)


def test_an_audience_that_only_the_channels_know_reads_what_is_for_outside() -> None:
    facts, _ = told("QQQ")
    facts = replace(facts, release=replace(RELEASE, features=()), changelog=None, known_issues=(), features=())
    assert "QQQ" in compose("brief", "engineering", facts).plain
    assert "QQQ" not in compose("brief", "sales", facts).plain


def test_the_first_sentence_of_a_product_file_has_its_names_filled_in() -> None:
    assert "Webapp 2.8.0 comes on Thu 2026-11-26." in compose("brief", "customers", BARE).plain
    assert "Ana Alvarez (ana@example.org) decides on the next try" in " ".join(
        compose("failed", "engineering", BARE).plain.split()
    )


def test_outside_readers_see_no_ticket_numbers() -> None:
    issue = KnownIssue(id="WEB-240", title="The voucher field is empty", workaround="Reload", url=f"{WEB}/issues/240")
    for facts in (replace(BARE, known_issues=(issue,)), replace(told("x")[0], known_issues=(issue,))):
        assert "WEB-240" in compose("known_issues", "engineering", facts).plain
        outside = compose("known_issues", "customers", facts)
        assert "The voucher field is empty" in outside.plain
        assert "240" not in outside.plain + outside.html


def test_small_incidents_are_for_technical_readers() -> None:
    small = Trouble(id="INC-1", title="Tooltips overlap", severity="low", started_at=NOW)
    facts = replace(BARE, troubles=(small, replace(small, id="INC-2", title="Checkout down", severity="critical")))
    text = compose("update", "executives", facts).plain
    assert "Checkout down" in text
    assert "Tooltips" not in text
    assert "Tooltips overlap (low), not resolved yet" in compose("update", "engineering", facts).plain


# The forms, as they are


@pytest.mark.parametrize("form", ["plain", "mrkdwn", "markdown", "html", "blocks"])
def test_the_forms_of_a_brief_are_as_they_were_looked_at(form: str) -> None:
    """Looked at in a browser, as blocks and at 80 columns; whoever changes the files looks again."""
    facts, _ = told("One-page checkout")
    facts = replace(
        facts,
        release=RELEASE,
        known_issues=(KnownIssue(id="WEB-240", title="The voucher field is empty", workaround="Reload the page"),),
        criteria=(OpenCriterion(gate="production", title="The rollback was validated", outcome="pending"),),
        risks=(NotedRisk(title="One person knows the payment code", score=1.8, trend="rising"),),
        standing=Standing(status="yellow", week=date(2026, 11, 16), on_time=0.72, p85_on=date(2026, 12, 1)),
    )
    letter = compose("brief", "executives", facts)
    found = json.dumps(letter.blocks, indent=2, ensure_ascii=False) if form == "blocks" else getattr(letter, form)
    assert found.strip() == (GOLDEN / f"brief.{form}").read_text(encoding="utf-8").strip()


# Limits


def test_plain_text_keeps_to_80_columns() -> None:
    facts, occasion = told("words " * 60)
    for kind, audience in PAIRS:
        for line in compose(kind, audience, facts, event=occasion).plain.split("\n"):
            assert len(line) <= 80 or "https://" in line, (kind, audience, line)


def test_a_message_too_long_for_slack_says_so_and_mail_has_all_of_it() -> None:
    facts, _ = told("x")
    issues = tuple(KnownIssue(id=f"WEB-{i}", title=f"number {i} is " + "long words " * 60) for i in range(40))
    letter = compose(
        "known_issues", "partners", replace(facts, known_issues=issues, changelog=None), detail="technical"
    )
    assert letter.blocks[-1]["type"] == "context"
    assert "longer than Slack shows" in letter.blocks[-1]["elements"][0]["text"]
    assert all(f"number {i} is" in letter.html for i in range(40))
    assert sum(length(text) for text in _texts(letter.blocks)) <= BLOCK_TEXT


def test_code_in_slack_keeps_its_fences_where_it_is_parted() -> None:
    code = "\n".join(f"line {i} of the code that has to be changed" for i in range(200))
    facts = replace(BARE, changelog=changelog(f"feat!: x\n\nBREAKING CHANGE: do this\n\n```\n{code}\n```"))
    letter = compose("upgrade_guide", "partners", facts)
    for block in letter.blocks:
        if block["type"] == "section":
            assert block["text"]["text"].count("```") % 2 == 0
    assert json.dumps(letter.blocks).count("line 199 of") == 1


# Templates of a team


def test_a_team_s_own_template_is_in_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "brief.md.j2").write_text("# Hear, {{ reader.title }}\n\n**{{ release.theme }}**\n")
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))
    letter = compose("brief", "support", replace(BARE, release=RELEASE))
    assert letter.subject == "Hear, Support"
    assert letter.plain == "Hear, Support\n=============\n\nCheckout in one page\n"
    assert letter.mrkdwn == "*Checkout in one page*\n"
    assert "<strong>Checkout in one page</strong>" in letter.html


def test_a_template_without_a_subject_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "brief.md.j2").write_text("Hello\n")
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))
    with pytest.raises(TemplateProblem, match=r"brief\.md\.j2: begins without a subject"):
        compose("brief", "support", BARE)
