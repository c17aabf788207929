"""Apply an approved plan: its bookings stand in the team's allocations file from then on."""

from __future__ import annotations

from pathlib import Path

from release_ops.domain.allocation_change import Proposal, applied
from release_ops.team_allocations import (
    FOLDER_VARIABLE,
    Approved,
    allocations_file,
    alone,
    read_allocations,
    write_allocations,
)
from release_ops.team_file import load_staff


class StalePlan(Exception):
    """The plan may not be applied; the text says why, and what to do."""


def apply(team_file: Path, proposal: Proposal) -> bool:
    """Make the bookings of a proposal stand; False if they do already, whatever became of the team since.

    StalePlan if the team, or the plan that stands, was changed since this one was made, and nothing is written then;
    ProductError if the team file cannot be read; OSError, with the remedy, if the file of allocations cannot be written.
    """
    file = allocations_file(team_file)
    try:
        with alone(file):
            standing = read_allocations(file)
            if standing is not None and standing.id == proposal.id:
                return False
            try:
                applied(load_staff(team_file), proposal)
            except ValueError as error:
                raise StalePlan(f"{team_file}: plan {proposal.id}: {error}") from None
            write_allocations(file, team_file, Approved(proposal.id, proposal.bookings))
    except OSError as error:
        raise OSError(
            error.errno,
            f"cannot be written: {error.strerror}; name a folder that can be in {FOLDER_VARIABLE}",
            str(file),
        ) from None
    return True
