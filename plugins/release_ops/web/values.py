"""Types of the fields of pages: what comes from outside is cut, and an address is one of the web or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from release_ops.web.responses import Answer

LINE, PASSAGE = 300, 2_000
"""Characters of a text that a page shows: of a title, of a reason in somebody's words."""


def cut(limit: int) -> Callable[[Any], Any]:
    """Validator that leaves `limit` characters of a text, the last one `…` where something is gone; null is empty."""

    def shorten(value: Any) -> Any:
        if value is None:
            return ""
        return value if not isinstance(value, str) or len(value) <= limit else f"{value[: limit - 1].rstrip()}…"

    return shorten


def web_address(value: Any) -> str:
    """The address if it is one of the web (http, https) that names a host; else nothing."""
    text = value if isinstance(value, str) else ""
    if len(text) > PASSAGE or any(char.isspace() or not char.isprintable() for char in text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme.lower() in {"http", "https"} and parts.hostname else ""


Line = Annotated[str, BeforeValidator(cut(LINE))]
Passage = Annotated[str, BeforeValidator(cut(PASSAGE))]
WebAddress = Annotated[str, BeforeValidator(web_address)]


T = TypeVar("T", bound=Answer)


class Listing(Answer, Generic[T]):
    """A part of a list and how long it is."""

    rows: tuple[T, ...] = ()
    """This part, in the order of the list."""
    total: int = 0
    """Length of the whole list."""
    offset: int = 0
    """How many stand before this part."""

    @property
    def more(self) -> int:
        """How many are not in this part."""
        return max(self.total - len(self.rows), 0)


def listing(model: type[T], rows: list[dict[str, Any]], offset: int = 0) -> Listing[T]:
    """Part of a list from rows that each carry `total`, the length of the whole."""
    total = rows[0]["total"] if rows else 0
    return Listing[model](rows=tuple(model.model_validate(row) for row in rows), total=total, offset=offset)  # type: ignore[valid-type]
