"""Which deployment brought which commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from release_ops.domain.change import RawCommit


def first_holders(commits: Iterable[RawCommit], heads: Sequence[str]) -> Iterator[tuple[RawCommit, int]]:
    """Each commit with the place of the first of `heads` (commit ids, in the order of deployments) that holds it.

    `commits` are all those that `heads` hold, some that are of no interest left out with all that they hold; every
    one comes before its parents. Memory grows with how many lines of development lie side by side, not with their length.
    """
    first: dict[str, int] = {}
    for place, head in enumerate(heads):
        first.setdefault(head, place)
    for commit in commits:
        place = first.pop(commit.id)
        for parent in commit.parents:
            known = first.get(parent)
            if known is None or place < known:
                first[parent] = place
        yield commit, place
