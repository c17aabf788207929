"""The CI of a demo product: it writes what it knows into CSV files beside the product file, as a team's own CI may do.

Nothing in the product knows of the demo: the files are read as any feed is (docs/feeds.md). They are made up, but fit the
demo's repository: every commit, tag and pull request in them is there.
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quickstart.demo_delivery import PRODUCTION, STAGING, Delivery, Tag, flag_changes, release_measures, statuses
from quickstart.demo_history import Story
from quickstart.demo_pulls import PAGE, Merged, Row, check_runs, issues, pull_requests, pull_reviews
from release_ops.domain.model import Feature, FeatureStatus, Product

THROUGHPUT = "throughput"


@dataclass(frozen=True)
class Ci:
    """Writes the feeds of one product below `folder`. `at`: when the demo began; what is told lies before it."""

    folder: Path
    remote: Path
    story: Story
    product: Product
    at: datetime

    def tell_past(self) -> bool:
        """Write what happened until the demo began; False when that was done before."""
        if (self.folder / "deployments.csv").exists():
            return False
        commits = self._commits()
        tags = self.released()
        past = Delivery(self.story.product, commits, tags, until=self.at)
        past = past.by_change() if self.story.by_change else past.by_release()
        pulls = list(pull_requests(self.story.product, commits))
        by_id = {commit.id: commit for commit in commits}
        things = [thing for scope in self.story.scopes for thing in scope.held]
        known = list(issues(self.story.product, commits, self._features(), things))
        self._write("pull_requests", pulls)
        self._write("pull_reviews", pull_reviews(pulls, by_id))
        self._write("check_runs", check_runs(self.story.product, commits))
        self._write("issues", known)
        self._write("incidents", past.incidents)
        if flags := list(flag_changes(tags, until=self.at)):
            self._write("flag_changes", flags)
        self._write("release_measures", release_measures(self.story.product, tags, until=self.at))
        self._write("deployment_statuses", statuses(past.deployments))
        self._write_throughput(known)
        # Last: it says that all is there.
        self._write("deployments", past.deployments)
        return True

    def deploy(self, now: datetime) -> list[str]:
        """Deploy what was tagged since, pre-releases to staging and releases to production; returns the tags.

        Releases of a product that release_deploy brings to production are left to it.
        """
        rows = self.rows("deployments")
        known = {row["ref"] for row in rows}
        made = [tag for tag in self._tags() if f"v{tag.version}" not in known and tag.at >= self.at]
        if self.product.deploy.environments:
            made = [tag for tag in made if "-" in tag.version]
        for number, tag in enumerate(made, len(rows) + 1):
            rows.append(
                {
                    "deployment": f"D-{number:04}",
                    "environment": STAGING if "-" in tag.version else PRODUCTION,
                    "version": tag.version,
                    "commit": tag.commit,
                    "ref": f"v{tag.version}",
                    "result": "success",
                    "created_at": _text(tag.at),
                    "started_at": _text(tag.at),
                    "finished_at": _text(max(now, tag.at)),
                    "unplanned": "false",
                    "rolled_back": "false",
                    "url": f"{PAGE}/{self.story.product}/deployments/{number}",
                }
            )
        if made:
            self._write("deployments", rows)
        return [f"v{tag.version}" for tag in made]

    def released(self) -> list[Tag]:
        """Releases that were out when the demo began, the oldest first."""
        return [tag for tag in self._tags() if tag.at < self.at and "-" not in tag.version]

    def rows(self, stream: str) -> list[dict[str, str]]:
        """Rows of a file that it has written."""
        with (self.folder / f"{stream}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def _features(self) -> Mapping[str, tuple[str, bool, str]]:
        def told(feature: Feature) -> tuple[str, bool]:
            return feature.title, feature.status is FeatureStatus.DONE

        return {
            feature.id: (*told(feature), release.version)
            for release in self.product.releases
            for feature in release.features
        }

    def _write_throughput(self, known: Sequence[Row]) -> None:
        """Features that were closed per day, up to the day before the demo began; weekends are days too."""
        closed = [row["closed_at"] for row in known if row["labels"] == "feature"]
        per_day = Counter(at.date() for at in closed if isinstance(at, datetime))
        last = self.at.date() - timedelta(days=1)
        days = [last - timedelta(days=back) for back in range(179, -1, -1)]
        self._save(THROUGHPUT, ("day", "completed"), ({"day": day, "completed": per_day[day]} for day in days))

    def _write(self, stream: str, rows: Iterable[Mapping[str, object]]) -> None:
        known = list(rows)
        columns = list(dict.fromkeys(name for row in known for name in row))
        self._save(stream, columns, known)

    def _save(self, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _text(value) for key, value in row.items()} for row in rows)
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{name}.csv.new"
        draft.write_text(text.getvalue(), encoding="utf-8")
        # Whoever reads the file meanwhile sees the old one or the new one, never half of one.
        draft.replace(self.folder / f"{name}.csv")

    def _commits(self) -> list[Merged]:
        """Commits of the main branch and what was merged into it, until the demo began, the oldest first."""
        form = "%H%x1f%P%x1f%ae%x1f%ct%x1f%s%x1f%b%x1e"
        found = self._git(
            "log", "--reverse", "--topo-order", f"--format={form}", f"--before={self.at.isoformat()}", "main"
        )
        made = []
        for entry in found.split("\x1e"):
            if entry.strip():
                name, parents, mail, at, subject, body = entry.strip("\n").split("\x1f")
                login = mail.partition("@")[0].rpartition("+")[2]
                instant = datetime.fromtimestamp(int(at), UTC)
                made.append(Merged(name, login, instant, subject, body, tuple(parents.split())))
        return sorted(made, key=lambda commit: commit.at)

    def _tags(self) -> list[Tag]:
        form = "%(refname:strip=2)%09%(creatordate:unix)%09%(*objectname)%(objectname)"
        found = self._git("for-each-ref", "--sort=creatordate", f"--format={form}", "refs/tags/v*")
        lines = [line.split("\t") for line in found.splitlines()]
        return [Tag(name[1:], commit[:40], datetime.fromtimestamp(int(at), UTC)) for name, at, commit in lines]

    def _git(self, *args: str) -> str:
        command = ["git", "-C", str(self.remote), *args]
        # Nobody's own settings change what git says.
        env = {**os.environ, "LC_ALL": "C", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
