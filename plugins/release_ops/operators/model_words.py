"""Sentences of a model as a milestone shows them: asked for once, checked whenever they are shown."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from release_ops.adapters.llm import ModelError, Writer
from release_ops.domain.model import Product
from release_ops.domain.summary import Fact, Request, Sentence, Summary, WriterPolicy, checked, request
from release_ops.ledger import Ledger
from release_ops.operators import effects
from release_ops.render import render

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a document shows of a model: a heading, sentences with what they stand on, and how many were left out."""

    title: str
    sentences: tuple[tuple[str, tuple[str, ...]], ...]
    """(text, labels of its facts); both are data."""
    left_out: int


def ask(
    ledger: Ledger,
    run: Mapping[str, Any],
    product: Product,
    policy: WriterPolicy,
    facts: Sequence[Fact],
    *,
    subject: str,
    version: str,
    prompts: tuple[str, str],
    key: str = "",
) -> tuple[Summary | None, int]:
    """The sentences about `facts` that may stand, and how many may not; (None, 0) where the model gives nothing.

    The ledger keeps the unchecked answer under `summary:<product>:<version>:<milestone>:<subject>:<key>`, so that a task
    that is tried again has the same. Without a `key` it is a hash of the facts: other facts are asked about anew. `prompts`
    are the templates of instructions and data.
    """
    asked = request(facts)
    if asked is None:
        return None, 0
    key = f"{effects.key_of('summary', run)}:{subject}:{key or asked.mark}"
    answer = _recorded(ledger, key)
    if answer is None:
        try:
            answer = _asked(ledger, run, product, policy, asked, version, prompts, key)
        except ModelError as error:
            log.warning("summary of %s for %s: none, it goes without: %s", version, subject, error)
            return None, 0
    # Checked whenever it is shown, also what the ledger has: the check is what makes it fit to be read.
    summary, dropped = checked(
        # Answers about changes that an earlier version recorded have their numbers under `changes`.
        [Sentence(str(one["text"]), tuple(one.get("sources", one.get("changes")))) for one in answer],
        facts,
        version=version,
        limit=policy.sentences,
    )
    for why in dropped:
        log.warning("summary of %s for %s: a sentence is left out: %s", version, subject, why)
    if summary is None:
        log.warning("summary of %s for %s: no sentence is left, it goes without", version, subject)
    return summary, len(dropped)


def words(
    ledger: Ledger,
    run: Mapping[str, Any],
    product: Product,
    facts: Sequence[Fact],
    *,
    subject: str,
    title: str,
    instructions: str,
) -> Words | None:
    """What the model of `planning.summary` writes about a plan; None without one, and where nothing may stand."""
    policy = product.plan_writer
    if policy is None:
        return None
    version = str(run["version"])
    prompts = (instructions, "prompts/plan.data.j2")
    summary, left_out = ask(ledger, run, product, policy, facts, subject=subject, version=version, prompts=prompts)
    if summary is None:
        return None
    return Words(
        title=title,
        sentences=tuple(
            (one.text, tuple(dict.fromkeys(facts[number - 1].label for number in one.sources)))
            for one in summary.sentences
        ),
        left_out=left_out,
    )


def _recorded(ledger: Ledger, key: str) -> list[Mapping[str, Any]] | None:
    made = ledger.store.one("effect_one", key=key)
    return list(made["result"]["sentences"]) if made and made["state"] == "done" else None


def _asked(
    ledger: Ledger,
    run: Mapping[str, Any],
    product: Product,
    policy: WriterPolicy,
    asked: Request,
    version: str,
    prompts: tuple[str, str],
    key: str,
) -> list[Mapping[str, Any]]:
    instructions, data = (
        render(
            template,
            fmt="plain",
            product=product.id,
            name=product.name,
            version=version,
            sentences=policy.sentences,
            request=asked,
        )
        for template in prompts
    )
    result = ledger.perform(
        key,
        find=lambda _: None,
        do=lambda _: {"sentences": Writer(policy.connection).sentences(instructions, data)},
        about=effects.about("summary", run),
    ).result
    return list(result["sentences"])
