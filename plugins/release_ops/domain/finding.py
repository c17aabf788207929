"""What lint says about a product's calendar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a product's calendar that is wrong (`error`) or worth a look."""

    error: bool
    version: str
    field: str
    """Field of the release, `ga` or `milestones.rc`; or of the product, `trains.minor.rc`."""
    message: str
    remedy: str = ""
    also: str = ""
    """Another field that could be changed instead."""
    cadence: int | None = None
    """Place of the cadence that made the release."""

    def __str__(self) -> str:
        """`2.8.0 ga: what is wrong; remedy`."""
        return f"{self.version} {self.field}: " + (f"{self.message}; {self.remedy}" if self.remedy else self.message)
