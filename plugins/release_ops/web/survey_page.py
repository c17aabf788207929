"""The pages of a survey in the language of who reads them: the question, and what is said instead of it or after it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC
from functools import lru_cache
from typing import Any, NamedTuple

from fastapi import Response

from release_ops.domain.survey_words import fill
from release_ops.product_words import standard_words
from release_ops.render import Safe, find_template, render
from release_ops.store import Row
from release_ops.survey_seal import LONGEST

STYLE = "surveys/style.css"
Texts = Mapping[str, Mapping[str, str]]
_WEIGHTED = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?")


class Asking(NamedTuple):
    """What the page with the question is made of."""

    about: Row
    """Round as `survey_page.sql` gives it."""
    root: str
    token: str
    form: str
    """Nonce of this form, in hexadecimal."""
    wanted: str
    accepted: str
    problem: str = ""
    """Word for what was wrong with the answer that was sent."""
    score: int | None = None
    comment: str = ""


def ask(asking: Asking, *, status: int = 200) -> Response:
    """The question."""
    about = asking.about
    language = choose(about["texts"], asking.wanted, asking.accepted)
    words = words_in(about["texts"][language], about)
    low, high = about["scale_low"], about["scale_high"]
    return _page(
        "surveys/question.html.j2",
        language,
        words,
        status,
        heading=about["title"] if not about["texts"][language].get("name_title") else words["title"],
        asking=asking,
        scores=range(low, high + 1),
        longest=LONGEST,
        problem=words[asking.problem] if asking.problem else "",
        may_send=True,
    )


def ask_to_stop(token: str, *, root: str, wanted: str, accepted: str) -> Response:
    """The page that asks whether somebody wants to be asked no more."""
    texts = standard_words()
    language = choose(texts, wanted, accepted)
    words = words_in(texts[language])
    return _page(
        "surveys/stop.html.j2", language, words, 200, heading=words["stop"], token=token, root=root, may_send=True
    )


def say(
    what: str,
    *,
    status: int,
    texts: Texts | None,
    wanted: str,
    accepted: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page of words: `what` is the word of its heading. `texts` are those of a round, where one is known."""
    known = texts or standard_words()
    language = choose(known, wanted, accepted)
    words = words_in(known[language])
    if what == "too_long":
        words = {**words, "too_long_text": ""}
    response = _page(
        "surveys/words.html.j2",
        language,
        words,
        status,
        heading=words[what],
        text=words[f"{what}_text"],
        may_send=False,
    )
    response.headers.update(headers or {})
    return response


def words_in(texts: Mapping[str, str], about: Row | None = None) -> dict[str, str]:
    """The words of a language with names filled in."""
    names = {name.removeprefix("name_"): value for name, value in texts.items() if name.startswith("name_")}
    if about is not None:
        day = about["closes_at"].astimezone(UTC)
        names |= {"day": f"{day:%Y-%m-%d}", "low": str(about["scale_low"]), "high": str(about["scale_high"])}
    if "title" in names:
        names["title"] = fill(names["title"], {name: value for name, value in names.items() if name != "title"})
    return {name: fill(text, names) for name, text in texts.items() if not name.startswith("name_")} | {
        "title": names.get("title", "")
    }


def choose(texts: Texts, wanted: str, accepted: str) -> str:
    """Language of a page: the one that the link names, else the browser's first that there is, else English, else any."""
    if wanted in texts:
        return wanted
    weights: dict[str, float] = {}
    for part in accepted.split(",")[:20]:
        if match := _WEIGHTED.fullmatch(part):
            weights.setdefault(match[1], float(match[2] or 1))
    for name, _ in sorted(weights.items(), key=lambda item: -item[1]):
        for language in (name, name.split("-")[0].lower()):
            if language in texts:
                return language
    return "en" if "en" in texts else next(iter(texts))


def _page(template: str, language: str, words: Mapping[str, str], status: int, **more: Any) -> Response:
    style, fingerprint = _style(*_stamp())
    text = render(template, fmt="html", language=language, words=words, style=style, **more)
    forms = "'self'" if more["may_send"] else "'none'"
    policy = (
        f"default-src 'none'; style-src '{fingerprint}'; base-uri 'none'; frame-ancestors 'none'; form-action {forms}"
    )
    return Response(text, status, {"Content-Security-Policy": policy, "Content-Language": language}, "text/html")


def _stamp() -> tuple[str, int]:
    path = find_template(STYLE)
    return str(path), path.stat().st_mtime_ns


@lru_cache(maxsize=2)
def _style(_path: str, _changed: int) -> tuple[Safe, str]:
    style = render(STYLE, fmt="html")
    return Safe(style), "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
