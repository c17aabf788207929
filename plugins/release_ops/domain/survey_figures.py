"""Which figures a survey's report could tell, and which of them it may: no small group can be worked out from them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from release_ops.domain.survey_answers import Key, SurveyRound
from release_ops.domain.survey_scores import Tally
from release_ops.domain.survey_suppression import Figure, hidden

Keys = frozenset[Key]

WEIGHTS = {"round": 4.0, "all": 2.0, "cell": 1.0, "release": 1.0, "audience": 0.5}
"""What is lost with a figure of each sort; to it comes its share of all answers. A round's own score is kept to the last."""


@dataclass(frozen=True, slots=True)
class Told:
    """What may be told of the cells of some rounds."""

    tallies: Mapping[Key, Tally]
    commented: Mapping[Key, int]
    figures: Mapping[str, Keys]
    """Every figure by its name, told or not."""
    hidden: frozenset[str]

    def tally(self, name: str) -> Tally | None:
        """Answers of a figure; None where it is hidden or there is none of that name."""
        if name in self.hidden or name not in self.figures:
            return None
        total = Tally()
        for key in self.figures[name]:
            total = total.plus(self.tallies[key])
        return total

    def comments(self, name: str) -> int:
        """Answers with a comment in a figure; of told ones only."""
        return 0 if name in self.hidden else sum(self.commented.get(key, 0) for key in self.figures[name])

    @property
    def sets(self) -> set[Keys]:
        """What an attacker knows from now on: the cells of every told figure that has an answer."""
        return {
            keys
            for name, keys in self.figures.items()
            if name not in self.hidden and any(self.tallies[key].n for key in keys)
        }


def cell(round_: str, audience: str) -> str:
    """Name of the figure of one audience in one round."""
    return f"cell:{audience}:{round_}"


def figures_of(
    rounds: Sequence[SurveyRound],
    tallies: Mapping[Key, Tally],
    commented: Mapping[Key, int],
    *,
    minimum: int,
    protection: int,
    told: Collection[Keys] = (),
    windows: Collection[Collection[str]] = (),
) -> Told:
    """Choose what may be told of `rounds`: cells, rounds, audiences over all rounds, releases with several rounds, and all.

    `told` are the cells of figures that were told before, also of rounds that are shown no more; their tallies have to be in
    `tallies`. `windows` are the rounds of each report of the survey: a small audience's sum over those stays hidden too.
    People answer in several rounds, so a figure over rounds is about as many people as its largest round has answers.
    """
    shown = {one.id for one in rounds}
    keys = [key for key in tallies if key.round in shown]
    answers = max(1, sum(tallies[key].n for key in keys))
    found: dict[str, Keys] = {}
    sorts: dict[str, str] = {}

    def add(sort: str, name: str, of: Iterable[Key]) -> None:
        if chosen := frozenset(of):
            found[name], sorts[name] = chosen, sort

    for key in keys:
        add("cell", cell(key.round, key.audience), [key])
    for one in rounds:
        add("round", f"round:{one.id}", (key for key in keys if key.round == one.id))
    audiences = sorted({key.audience for key in keys})
    for audience in audiences:
        add("audience", f"audience:{audience}", (key for key in keys if key.audience == audience))
    for version in dict.fromkeys(one.version for one in rounds if one.version):
        of = {one.id for one in rounds if one.version == version}
        if len(of) > 1:
            add("release", f"release:{version}", (key for key in keys if key.round in of))
            for audience in audiences:
                add(
                    "release",
                    f"release:{version}:{audience}",
                    (k for k in keys if k.round in of and k.audience == audience),
                )
    add("all", "all", keys)
    hide = hidden(
        {key: one.n for key, one in tallies.items()},
        [
            Figure(
                name,
                of,
                WEIGHTS[sorts[name]] + sum(tallies[key].n for key in of) / answers,
                people=people_of(of, tallies),
            )
            for name, of in found.items()
        ],
        minimum=minimum,
        protection=protection,
        told=told,
        also=_small_sums(tallies, audiences, windows, minimum),
    )
    return Told(tallies, commented, found, frozenset(hide))


def people_of(keys: Iterable[Key], tallies: Mapping[Key, Tally]) -> int:
    """How many people at least the answers of some cells come from: those of the round with most of them."""
    rounds: dict[str, int] = {}
    for key in keys:
        rounds[key.round] = rounds.get(key.round, 0) + tallies[key].n
    return max(rounds.values(), default=0)


def _small_sums(
    tallies: Mapping[Key, Tally], audiences: Iterable[str], windows: Collection[Collection[str]], minimum: int
) -> list[Keys]:
    """Audiences over the rounds of each window in which none of them has `minimum` answers."""
    found = []
    for window in windows:
        for audience in audiences:
            keys = frozenset(key for key in tallies if key.audience == audience and key.round in window)
            if 0 < people_of(keys, tallies) < minimum:
                found.append(keys)
    return found
