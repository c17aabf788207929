"""Too much at once: points on a line that lie too close to each other, found in one sweep."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class Point(NamedTuple):
    """Something at a place of a line. Points sort by place, then by `order`, which no two of a line share."""

    x: int
    order: tuple[float, str]
    identity: str
    """What counts as one: points of the same identity are never too close to each other."""
    what: Any = None


class Crowd(NamedTuple):
    """A point at which there is too much, the nearest earlier one that has to do with it, and how many there are."""

    earlier: Point
    later: Point
    others: int


class Line:
    """Points of one line in order: built in O(n log n), swept in O(n), asked for a place in O(log n + what is near)."""

    def __init__(self, points: Iterable[Point]) -> None:
        self.points = sorted(points, key=lambda point: (point.x, point.order))
        self._places = [point.x for point in self.points]

    def crowded(self, width: int, at_most: int) -> Iterator[Crowd]:
        """Yield each point that has, less than `width` before it, `at_most` or more other identities."""
        near = Counter[str]()
        start = 0
        latest: Point | None = None
        before: Point | None = None  # the latest one of another identity than `latest`
        for index, point in enumerate(self.points):
            while start < index and point.x - self.points[start].x >= width:
                leaving = self.points[start].identity
                near[leaving] -= 1
                if not near[leaving]:
                    del near[leaving]
                start += 1
            others = len(near) - (point.identity in near)
            earlier = latest if latest is not None and latest.identity != point.identity else before
            if others >= at_most and earlier is not None:
                yield Crowd(earlier, point, others)
            if latest is not None and latest.identity != point.identity:
                before = latest
            latest = point
            near[point.identity] += 1

    def has_room(self, x: int, identity: str, width: int, at_most: int) -> bool:
        """True if a point of `identity` at `x` makes no crowd, neither of itself nor of one after it.

        The crowd of a later point lies within `width` on both sides of `x`, so fewer than `at_most` others there suffice.
        """
        others = set[str]()
        low, high = bisect_right(self._places, x - width), bisect_left(self._places, x + width)
        for point in self.points[low:high]:
            if point.identity != identity:
                others.add(point.identity)
                if len(others) >= at_most:
                    return False
        return True
