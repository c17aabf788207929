"""Which form the tags of a repository have, for whoever did not say it: `v{version}`, `{version}`, `webapp-v{version}`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from release_ops.domain.versions import tag_version

USUAL = ("v{version}", "{version}")
"""Forms without the name of a product. A repository that has both changed its habit once, or forgot the `v`."""

_PREFIX = re.compile(r"(?P<prefix>(?:[^{}]*[^\d.{}])?)\d+\.\d")


@dataclass(frozen=True, slots=True)
class TagForms:
    """What the tags look like: the form of most, other forms of the same releases, and what to tell the user."""

    pattern: str
    older: tuple[str, ...] = ()
    note: str = ""


def find_forms(tags: Iterable[str]) -> TagForms:
    """The form that most tags with a version have.

    Forms without a name come first; both of them are read, the commoner one leads. Where all tags have one name in
    front (`webapp-v1.2.0`, `webapp@1.2.0`), that is the form. With several names nobody can know whose changelog is
    wanted: it stays `v{version}`, and the note says what there is.
    """
    counts = Counter(form for tag in tags if (form := _form(tag)) is not None)
    usual = sorted((form for form in USUAL if counts[form]), key=lambda form: -counts[form])
    named = [form for form, _ in counts.most_common() if form not in USUAL]
    if sum(counts[form] for form in named) > sum(counts[form] for form in usual):
        if len(named) == 1:
            usual = named
        else:
            more = f" and {len(named) - 5} more" if len(named) > 5 else ""
            told = ", ".join(f"{form} ({counts[form]})" for form in named[:5])
            note = f"tags name several products; choose one with --tag: {told}{more}"
            return TagForms(usual[0] if usual else USUAL[0], tuple(usual[1:]), note)
    if usual in ([], [USUAL[0]]):
        return TagForms(USUAL[0])
    told = " and ".join(f"{counts[form]} as {form}" for form in usual)
    return TagForms(usual[0], tuple(usual[1:]), f"tags are read by their form: {told}; --tag names another")


def _form(tag: str) -> str | None:
    match = _PREFIX.match(tag)
    form = f"{match['prefix']}{{version}}" if match else ""
    return form if match and tag_version(tag, form) is not None else None
