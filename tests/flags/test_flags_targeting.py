"""What a change of the targeting does to people: whoever is let in keeps it while the share grows."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from release_ops.adapters.unleash import UnleashFlags
from release_ops.adapters.unleash_api import UnleashApi
from release_ops.domain.flags import change_of, expected_moves, wanted
from release_ops.domain.flags_policy import Operator, Ramp, Rule, Targeting, UnleashSettings
from release_ops.domain.unleash_document import strategies
from tests.flags.conftest import NOW, flag

PRODUCTION = "production"


def rule(*values: str, operator: Operator = Operator.IN) -> Rule:
    return Rule(attribute="country", operator=operator, values=values)


DE, FR, BOTH = rule("DE"), rule("FR"), rule("DE", "FR")
NOT_IT, NOT_BOTH = rule("IT", operator=Operator.NOT_IN), rule("IT", "ES", operator=Operator.NOT_IN)


@pytest.mark.parametrize(
    ("was", "becomes", "before", "after", "is_refused"),
    [
        ((DE,), (FR,), 20, 50, True),
        ((BOTH,), (DE,), 20, 50, True),
        ((), (DE,), 20, 50, True),
        ((DE,), (BOTH,), 20, 50, False),
        ((DE,), (), 20, 50, False),
        ((NOT_BOTH,), (NOT_IT,), 20, 50, False),
        ((NOT_IT,), (NOT_BOTH,), 20, 50, True),
        ((DE,), (FR,), 20, 20, True),
        ((BOTH,), (DE,), 20, 20, False),
        ((DE,), (BOTH,), 50, 20, True),
        ((DE,), (FR,), 0, 50, False),
        ((DE,), (FR,), 50, 0, False),
    ],
)
def test_a_rule_that_shuts_users_out_is_noticed(
    was: tuple[Rule, ...], becomes: tuple[Rule, ...], before: int, after: int, is_refused: bool
) -> None:
    one, other = (flag(Ramp(targeting=Targeting(rules=rules))) for rules in (was, becomes))
    states = wanted(one, PRODUCTION, before), wanted(other, PRODUCTION, after)
    assert bool(change_of(*states, expected_moves(*states)).rebuckets) is is_refused


def test_users_who_are_named_no_more_are_noticed_while_the_share_grows() -> None:
    one, other = (flag(Ramp(targeting=Targeting(users=users))) for users in (("ann", "bob"), ("ann",)))
    states = wanted(one, PRODUCTION, 10), wanted(other, PRODUCTION, 50)
    (reason,) = change_of(*states, expected_moves(*states)).rebuckets
    assert reason == "1 users or groups who are named now would be named no more, although its share grows"


def test_what_others_switched_off_in_unleash_stays_there() -> None:
    one = flag(key="f")
    theirs = {"id": "theirs", "name": "flexibleRollout", "title": "pilot of marketing", "disabled": True}
    held: dict[str, Any] = {"enabled": False, "strategies": [theirs]}

    def send(method: str, *path: str, body: Mapping[str, Any] | None = None) -> None:
        if path[-1] == "strategies":
            held["strategies"].append({"id": "ours", **(body or {})})
        elif path[-1] in {"on", "off"}:
            held["enabled"] = path[-1] == "on"
        else:
            raise AssertionError(f"{method} {path}")

    api = SimpleNamespace(get=lambda *_, **__: {"environments": [{"name": PRODUCTION, **held}]}, send=send)
    engine = UnleashFlags(cast("UnleashApi", api), UnleashSettings())
    state = wanted(one, PRODUCTION, 10)
    engine.write(one, PRODUCTION, state, key="k", at=NOW, why="a test")
    assert held["enabled"]
    assert held["strategies"] == [theirs, {"id": "ours", **strategies(one, state, "userId", {})[0]}]
