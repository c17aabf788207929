"""What becomes of a release's tickets when it is out."""

from __future__ import annotations

from dataclasses import dataclass

AT_GA, AT_PROMOTION = "ga", "promotion"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketsPolicy:
    """Issues of these Jira projects get the fix version and a transition; without a project nothing happens."""

    projects: tuple[str, ...] = ()
    connection: str | None = None
    """Airflow connection; None: that of the scope, else jira_default."""
    at: str = AT_GA
    """`ga`: with the final tag; `promotion`: when production has promoted the version."""
    version: str = "{version}"
    """Name of the fix version; `{version}` and `{product}` stand for what they name."""
    transition: str = ""
    """Name of the transition, or of the status that it leads to; empty: none."""
    keep: tuple[str, ...] = ()
    """Issues in one of these statuses are not moved, without case."""
    mark_released: bool = True
    """Whether the fix version is marked as released, on the day of the release."""
    only_closed: bool = False
    """True: of the issues that commits name, only those that a commit says it closes."""
    most: int = 500
    """More issues than this in one release are taken for a mistake."""

    def version_name(self, product: str, version: str) -> str:
        """Name of the fix version of a release."""
        return self.version.replace("{version}", version).replace("{product}", product)
