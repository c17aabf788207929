"""Messages that say nothing of a product, or say it in another place: releases made, merges squashed into one commit."""

from __future__ import annotations

import re

from release_ops.domain.change import Change
from release_ops.domain.commits import normalise, without_pull

_WORDS = """
a and bugfix bump bumped bumping bumps changelog changes cut date dev development final for from history in new next
notes number of prep prepping prepare prepared prepares preparing release released releases releasing set sets start
started starting starts tag tagged the to update updated updates updating v version versions → -> => -
"""
_RELEASE_WORDS = frozenset(_WORDS.split())
_TRADE = re.compile(r"bump|changelog|cut|history|prep|releas|start|tag|version")
_NUMBERED = re.compile(r"v?\d++(?:\.\d++)+(?:[\w.+-]*\w)?", re.IGNORECASE)
_SKIP_CI = re.compile(r"\[(?:skip ci|ci skip)\]", re.IGNORECASE)

_ADVISORY = re.compile(r"Merge (?:commit from fork|pull request from (?P<advisory>GHSA-[\w-]{1,40}))\s*")
_MERGED_PULL = re.compile(r"Merge pull request (?P<number>#\d{1,12}) from \S+\s*")


def names_release(subject: str) -> bool:
    """Whether a subject without a type says nothing but that a version was made: `Release 1.26.18 (#3159)`.

    It has a version and besides that only words of this trade: `Bumps version to 3.0.18 and updates Changelog`.
    """
    if len(subject) > 100 or _NUMBERED.search(subject) is None:
        return False
    words = [word.strip("()[]:,;.!") for word in _SKIP_CI.sub("", without_pull(subject)[0]).split()]
    others = [word.lower() for word in words if word and not _NUMBERED.fullmatch(word)]
    alone = not any(word[0].isalpha() for word in others)
    return all(word in _RELEASE_WORDS for word in others) and (alone or _TRADE.search(" ".join(others)) is not None)


def parse_lone_merge(message: str) -> Change | None:
    """What a merge message tells that stands on a commit with one parent: a squash merge that kept Git's subject.

    Its text is nowhere else. A merge from the private fork of a security advisory is a security fix; its first line or
    list item says which. None where nothing but the merge is told.
    """
    header, _, rest = normalise(message).partition("\n")
    advisory = _ADVISORY.fullmatch(header)
    pull = None if advisory else _MERGED_PULL.fullmatch(header)
    if advisory is None and pull is None:
        return None
    lines = (line.strip() for line in rest.split("\n"))
    told = next((line.removeprefix("* ").removeprefix("- ") for line in lines if line), "")
    if advisory is not None:
        name = advisory["advisory"]
        if told and name:
            told = f"{told} ({name})"
        return Change(type="security", description=told or name or header, body=rest.strip() or None)
    return (
        Change(type="", description=f"{told} ({pull['number']})", body=rest.strip() or None) if told and pull else None
    )
