"""What the names and labels of others are called here, by a product's policy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from release_ops.domain.delivery_policy import SEVERITIES, DeliveryPolicy


def environment_name(policy: DeliveryPolicy, name: str) -> str:
    """Our name of an environment of others, whatever the case of its letters; what no entry names keeps its name.

    An entry's own name comes before all patterns, a pattern without `*` before one with it, then the file's order.
    """
    wanted = name.strip()
    folded = wanted.casefold()
    for ours in (*policy.environments, policy.production):
        if ours.casefold() == folded:
            return ours
    for exact in (True, False):
        for ours, patterns in policy.environments.items():
            if any(("*" not in one) is exact and _pattern(one).fullmatch(folded) for one in patterns):
                return ours
    return wanted


def severity_of(policy: DeliveryPolicy, labels: Iterable[str]) -> str:
    """The gravest severity that a label says; empty where none does."""
    folded = {label.strip().casefold() for label in labels}
    return next((one for one in SEVERITIES if folded.intersection(policy.severities.get(one, ()))), "")


def is_incident(policy: DeliveryPolicy, labels: Iterable[str]) -> bool:
    """True where a label makes an issue an incident."""
    return not {label.strip().casefold() for label in labels}.isdisjoint(policy.incidents)


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.strip().casefold().split("*")), re.DOTALL)
