"""Messages to people: of one kind, for one audience, in every form, from one template and the same facts.

`compose` is what the preview shows and what is sent. The template is Markdown (`messages/<kind>.md.j2`, see
docs/messages.md); the forms for mail, Slack and the terminal are written from what it renders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from release_ops.adapters.slack_blocks import Block
from release_ops.domain.audiences import KnownIssue
from release_ops.domain.message_facts import Facts, Occasion, Trouble
from release_ops.domain.message_policy import EVERYBODY, MessagePolicy
from release_ops.domain.migration import Group
from release_ops.domain.model import FeatureStatus, Milestone, Person, Product
from release_ops.domain.notes import Notes, migration_guide, notes_for
from release_ops.domain.plan_policy import milestone_name
from release_ops.escaping import one_line
from release_ops.markdown_forms import to_blocks, to_html, to_mrkdwn, to_plain
from release_ops.markdown_tree import read, titled
from release_ops.render import Safe, TemplateProblem, render, tidy

SUBJECT = 120
"""Characters of a subject; mail programs show about half of them, Slack's header holds 150."""
TECHNICAL = "technical"
"""Detail that tells every incident."""
_PRIORITIES = {"must": 0, "should": 1, "could": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message as every channel gets it, and what nobody knew when it was written."""

    kind: str
    audience: str
    detail: str
    subject: str
    markdown: str
    plain: str
    mrkdwn: str
    """Slack's text, without the subject: for channels that show no blocks."""
    html: str
    """A whole page for mail programs."""
    blocks: tuple[Block, ...]
    missing: tuple[str, ...]

    def body(self, fmt: str) -> str:
        """The text as an announcement has it: `md`, `mrkdwn` or `plain` (`announce.format_of`)."""
        return {"md": self.markdown, "mrkdwn": self.mrkdwn, "plain": self.plain}[fmt]


def compose(
    kind: str,
    audience: str,
    facts: Facts,
    *,
    detail: str = "",
    others: Sequence[Facts] = (),
    event: Occasion | None = None,
) -> Letter:
    """The message of a kind for an audience, both of `product.messages`; ValueError names what there is instead.

    `detail` (summary, detailed, technical) is the reader's own wish; without it the audience's. `others` are further
    releases that a regular update tells of, `event` is what else the message is about. Raises TemplateProblem with file
    and line.
    """
    policy = facts.product.messages
    one = policy.kind(kind)
    detail = detail or policy.usual_detail(kind, audience)
    words = _words(kind, audience, detail, facts, policy)
    words["others"] = [_words(kind, audience, detail, each, policy) for each in others]
    words["event"] = event or Occasion()
    template = f"messages/{one.template}.md.j2"
    text = tidy(render(template, fmt="md", product=facts.product, **words))
    nodes = read(text)
    subject, rest = titled(nodes)
    if not subject:
        raise TemplateProblem(f"{template}: begins without a subject; write it as the first line, behind `# `")
    subject = _short(subject)
    return Letter(
        kind=kind,
        audience=audience,
        detail=detail,
        subject=subject,
        markdown=text,
        plain=to_plain(nodes),
        mrkdwn=to_mrkdwn(rest),
        html=_page(facts.product, subject, to_html(nodes)),
        blocks=tuple(to_blocks(subject, rest)),
        missing=facts.missing,
    )


def readers(product: Product, kind: str) -> tuple[str, ...]:
    """Audiences that a kind of message is for; ValueError for an unknown kind."""
    return product.messages.readers(kind)


def _words(kind: str, audience: str, detail: str, facts: Facts, policy: MessagePolicy) -> dict[str, Any]:
    """What a template sees of one release; docs/messages.md lists the names."""
    one, reader = policy.kind(kind), policy.audience(audience)
    shows = policy.shown(kind, audience, detail)
    notes = _notes(facts, one.notes or reader.notes)
    features = sorted(facts.features or (), key=lambda each: (_PRIORITIES.get(each.priority, 3), each.id))
    return {
        "kind": kind,
        "audience": audience,
        "reader": reader,
        "detail": detail,
        "limit": policy.detail(detail).items,
        "shows": frozenset(shows),
        "facts": facts,
        "release": facts.release,
        "version": facts.release.version,
        "ga": day(facts.release.ga),
        "is_out": facts.is_out,
        "says": _filled(_for(one.says, audience, ""), facts),
        "duties": [_filled(text, facts) for text in _for(one.duties, audience, ())],
        "contact": facts.contact,
        "contact_words": contact_words(facts.contact),
        "milestones": [_step(each, facts.states) for each in facts.milestones],
        "upcoming": [_step(each, facts.states) for each in facts.milestones if _is_ahead(each, facts)],
        "notes": notes,
        "web_url": facts.changelog.web_url if facts.changelog else "",
        "highlights": _highlights(notes, facts),
        "guide": _guide(facts),
        "known_issues": _issues(facts, one.notes or reader.notes),
        "features": features,
        "troubles": _troubles(facts, detail),
        "standing": facts.standing,
    }


def day(on: Any) -> str:
    """A day as messages write it, `Thu 2026-11-26`: the same for every reader, wherever they are."""
    return f"{on:%a %Y-%m-%d}"


def contact_words(person: Person | None) -> str:
    """Whom to ask, with the address where there is one; the team where nobody is named."""
    if person is None:
        return "the release team"
    return f"{person.name} ({person.email})" if person.email else person.name


def _filled(text: str, facts: Facts) -> str:
    """A text of the product file with its names filled in; the result is data, and escaped as such."""
    values = {
        "product": facts.product.name,
        "version": facts.release.version,
        "ga": day(facts.release.ga),
        "contact": contact_words(facts.contact),
    }
    return re.sub(r"\{(product|version|ga|contact)\}", lambda match: values[match[1]], text)


def _for(texts: Mapping[str, Any], audience: str, default: Any) -> Any:
    return texts.get(audience, texts.get(EVERYBODY, default))


def _step(milestone: Milestone, states: Mapping[str, str]) -> dict[str, str]:
    return {
        "name": milestone_name(milestone.kind.value),
        "on": day(milestone.planned_at),
        "state": states.get(milestone.kind.value, ""),
    }


def _is_ahead(milestone: Milestone, facts: Facts) -> bool:
    """Whether people wait for a milestone: it is neither over nor, where nobody noted its state, in the past."""
    state = facts.states.get(milestone.kind.value, "")
    if state:
        return state not in {"done", "skipped", "missed"}
    return milestone.planned_at.date() >= facts.now.date()


def _notes(facts: Facts, name: str) -> Notes | None:
    if facts.changelog is None:
        return None
    return notes_for(
        facts.changelog,
        name,
        facts.product.notes,
        features=facts.features or (),
        known_issues=tuple(facts.known_issues),
    )


def _highlights(notes: Notes | None, facts: Facts) -> list[dict[str, Any]]:
    """What stands out: of the notes; where no change is known, the planned features that are done."""
    if notes is not None and notes.highlights:
        return [
            {"title": one.title, "change": one.change, "breaks": one.rule == "breaking"} for one in notes.highlights
        ]
    ranked = sorted(facts.features or (), key=lambda each: (_PRIORITIES.get(each.priority, 3), each.id))
    done = [each for each in ranked if each.status is FeatureStatus.DONE]
    return [{"title": each.title.strip() or each.id, "change": None, "breaks": False} for each in done[:5]]


def _troubles(facts: Facts, detail: str) -> list[Trouble]:
    """Incidents: whoever does not read technical texts hears of those that are an occasion for news."""
    rules = facts.product.expectations.events.get("incident")
    told = rules.severities if rules is not None else ()
    return [one for one in facts.troubles or () if detail == TECHNICAL or not told or one.severity in told]


def _guide(facts: Facts) -> tuple[Group, ...] | None:
    """Every step of the upgrade; None where nobody knows the changes."""
    return migration_guide(facts.changelog, facts.product.notes) if facts.changelog is not None else None


def _issues(facts: Facts, name: str) -> Sequence[KnownIssue]:
    """Known issues; whoever sees no links in notes gets no ticket numbers either."""
    if "links" in facts.product.notes.audience(name).show:
        return facts.known_issues
    return [replace(one, id="", url="") for one in facts.known_issues]


def _short(subject: str) -> str:
    """The subject on one line; a long one ends at a word."""
    line = one_line(subject)
    if len(line) <= SUBJECT:
        return line
    return f"{line[: SUBJECT - 1].rsplit(' ', 1)[0]}…"


def _page(product: Product, subject: str, body: Safe) -> str:
    """The mail around a body: `messages/mail.html.j2`, which a product may replace."""
    return render("messages/mail.html.j2", fmt="html", product=product, subject=subject, body=body)
