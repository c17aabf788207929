"""The columns of a feed of stakeholders: more of the register than the product file has."""

from __future__ import annotations

from collections.abc import Mapping

from release_ops.domain.feed_format import Column, FeedFormat
from release_ops.domain.stakeholder_policy import Cadence, Level, StakeholderType, Strategy


def _name(name: str, about: str, example: str, *, required: bool = False) -> Column:
    return Column(name=name, kind="name", required=required, about=about, example=example)


def _choice(name: str, choices: tuple[str, ...], about: str, example: str, *, required: bool = False) -> Column:
    return Column(name=name, kind="choice", choices=choices, required=required, about=about, example=example)


STAKEHOLDER_FORMATS: Mapping[str, FeedFormat] = {
    "stakeholders": FeedFormat(
        about="The register of stakeholders. Beside it stands that of the product file; nobody may be in both.",
        key=("stakeholder",),
        columns=(
            _name("stakeholder", "Id: lower-case letters, digits, `-`, `_` and `.`.", "eva", required=True),
            _name("name", "Name that people read.", "Eva Ebert", required=True),
            _name("role", "What they are where they work.", "Head of Purchasing, Contoso"),
            _choice("type", tuple(StakeholderType), "What they are to the product.", "client", required=True),
            Column(
                name="influence", kind="count", required=True, example="4",
                about="1 none to 5: how much they can change what becomes of it.",
            ),
            Column(
                name="interest", kind="count", required=True, example="5",
                about="1 none to 5: how much it matters to them.",
            ),
            _name("audience", "Audience whose messages they get; empty: that of their type.", "customers"),
            Column(
                name="channels", kind="labels", example="email:eva@example.org|slack:#contoso",
                about="How they are reached: the first is used, the next ones where it fails. `outbox` needs no address.",
            ),
            _choice("level", tuple(Level), "Language of detail; empty: that of their type.", "business"),
            _name("language", "ISO 639 code; empty: en.", "de"),
            _name("zone", "IANA zone they live in; empty: the product's.", "Europe/Berlin"),
            _name("owner", "Who looks after them: the id of an approver or of another stakeholder.", "dmitri"),
            Column(
                name="concerns", kind="labels", example="date: the trade fair in May|cost",
                about="What they have said to be concerned about, a topic before it where one fits.",
            ),
            _choice("strategy", tuple(Strategy), "Instead of what influence and interest ask for.", "keep_informed"),
            _choice("cadence", tuple(Cadence), "Instead of the strategy's.", "weekly"),
            Column(name="reason", about="Why strategy or cadence are chosen by hand.", example="asked for it"),
        ),
    ),
}  # fmt: skip
