"""A form that narrows a page down, sent as GET so that it works without a script and its address can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Choice:
    """A value and how people read it."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the form: a list where it has choices, else an input of its `kind`."""

    name: str
    label: str
    value: str = ""
    choices: Sequence[Choice] = ()
    kind: str = "text"
    none: str = "All"
    """How the list calls it when nothing is chosen; empty: something always is."""

    @property
    def is_unknown(self) -> bool:
        """Whether the value is none of the choices: the page says so instead of showing nothing, or all."""
        return bool(self.choices and self.value and self.value not in {one.value for one in self.choices})


@dataclass(frozen=True, slots=True)
class Filters:
    """The form of a page, for `pages/filters.html.j2`."""

    fields: Sequence[FormField]
    kept: Mapping[str, str] = field(default_factory=dict)
    """Parameters that the form leaves as they are."""
    is_set: bool = False
    """Whether something is chosen, so that there is something to take back."""
