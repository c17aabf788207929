"""The columns of feeds: what a CSV file or an SQL statement has to bring for each stream. docs/feeds.md is made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from release_ops.domain.delivery_policy import SEVERITIES

KINDS: Mapping[str, str] = {
    "text": "text",
    "name": "text",
    "url": "http(s) address",
    "time": "time",
    "day": "day or time",
    "flag": "true or false",
    "count": "whole number from 0",
    "number": "number",
    "labels": "texts with `|` between them",
    "choice": "one of",
    "money": "number",
    "quantity": "number from 0",
    "net_quantity": "number",
    "rate": "number above 0",
    "currency": "ISO 4217 code",
    "category": "category of cost",
    "date": "day",
    "month": "month",
}
"""Kind of a column's values to how it is called; text over the limit is cut, a name over it is an error."""

_LIMITS: Mapping[str, int] = {"text": 1_000, "name": 255, "url": 2_000, "labels": 10_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a feed."""

    name: str
    kind: str = "text"
    """One of KINDS."""
    required: bool = False
    """Whether every row needs a value."""
    choices: tuple[str, ...] = ()
    about: str
    """What it means, and what it means when it is empty."""
    example: str = ""

    @property
    def limit(self) -> int:
        """Characters at most."""
        return _LIMITS.get(self.kind, 100)

    @property
    def type(self) -> str:
        """How its values are written, for people."""
        listed = f" {', '.join(f'`{one}`' for one in self.choices)}" if self.choices else ""
        return KINDS[self.kind] + listed


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFormat:
    """The columns of one stream; `key` names those that tell its rows apart within a product."""

    about: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column | None:
        """Column of that name; None if there is none."""
        return next((one for one in self.columns if one.name == name), None)


def _name(name: str, about: str, example: str = "", *, required: bool = False) -> Column:
    return Column(name=name, kind="name", about=about, example=example, required=required)


def _key(name: str, about: str, example: str) -> Column:
    return _name(name, about, example, required=True)


def _text(name: str, about: str, example: str = "") -> Column:
    return Column(name=name, about=about, example=example)


def _url(name: str = "url", about: str = "Address of its page.", example: str = "https://ci.example.org/42") -> Column:
    return Column(name=name, kind="url", about=about, example=example)


def _time(name: str, about: str, example: str = "2026-11-02T14:30:00Z", *, required: bool = False) -> Column:
    return Column(name=name, kind="time", about=about, example=example, required=required)


def _count(name: str, about: str, example: str) -> Column:
    return Column(name=name, kind="count", about=about, example=example)


def _choice(name: str, about: str, choices: tuple[str, ...], *, required: bool = False) -> Column:
    return Column(name=name, kind="choice", about=about, choices=choices, example=choices[0], required=required)


def _flag(name: str, about: str, example: str = "false") -> Column:
    return Column(name=name, kind="flag", about=about, example=example)


def _labels(about: str, example: str) -> Column:
    return Column(name="labels", kind="labels", about=about, example=example)


_REPOSITORY = _name("repository", "Repository; empty where the product has only one.", "")
_AUTHOR = _name("author", "Who made it; empty if unknown.", "lena")
_SHA = "8c9e0f4b7d1a2c3e4f5061728394a5b6c7d8e9f0"

FORMATS: Mapping[str, FeedFormat] = {
    "commits": FeedFormat(
        about="Commits that the product is made of.",
        key=("repository", "commit"),
        columns=(
            _REPOSITORY,
            _key("commit", "Full id of the commit.", _SHA),
            _AUTHOR,
            _time("authored_at", "When the change was first written.", required=True),
            _time("committed_at", "When this commit was made.", required=True),
        ),
    ),
    "pull_requests": FeedFormat(
        about="Pull requests, open ones included.",
        key=("repository", "pull_request"),
        columns=(
            _REPOSITORY,
            _key("pull_request", "Its number, or whatever names it.", "412"),
            _text("title", "Title.", "Suggest addresses while typing"),
            _url(example="https://git.example.org/shop/webapp/pulls/412"),
            _AUTHOR,
            _flag("author_is_bot", "Whether a program opened it; empty: no."),
            _choice("state", "State; `closed` is closed without a merge.", ("merged", "open", "closed"), required=True),
            _name("base", "Branch that it wants to go into.", "main"),
            _name("head", "Branch that it comes from.", "address-suggestions"),
            _name("head_commit", "Last commit of its branch.", _SHA),
            _name("merge_commit", "Commit that brought it into base; empty until merged.", _SHA),
            _name("first_commit", "Its commit with the earliest authored time.", _SHA),
            _time("first_commit_at", "When that commit was authored.", "2026-10-29T08:12:00Z"),
            _time("created_at", "When it was opened.", "2026-10-30T09:00:00Z", required=True),
            _time("ready_at", "When it ceased to be a draft.", "2026-10-30T09:00:00Z"),
            _time("first_review_at", "First review by somebody else than its author.", "2026-10-30T13:05:00Z"),
            _name("first_review", "Id of that review.", "9001"),
            _time("approved_at", "First approving review.", "2026-11-02T10:00:00Z"),
            _time("merged_at", "When it was merged; needed when its state is `merged`.", "2026-11-02T10:04:00Z"),
            _time("closed_at", "When it was merged or closed.", "2026-11-02T10:04:00Z"),
            _time("updated_at", "When it was last changed.", "2026-11-02T10:04:00Z"),
            _count("commits", "Number of its commits.", "3"),
            _count("additions", "Lines added.", "120"),
            _count("deletions", "Lines removed.", "14"),
            _count("changed_files", "Files changed.", "7"),
            _labels("Its labels.", "checkout|feature"),
        ),
    ),
    "pull_reviews": FeedFormat(
        about="Reviews of pull requests.",
        key=("repository", "pull_request", "review"),
        columns=(
            _REPOSITORY,
            _key("pull_request", "Pull request that was reviewed.", "412"),
            _key("review", "Id of the review.", "9001"),
            _name("author", "Who gave it; empty if unknown.", "omar"),
            _choice(
                "state",
                "What it says; empty: `commented`.",
                ("approved", "changes_requested", "commented", "dismissed"),
            ),
            _time("submitted_at", "When it was given.", required=True),
        ),
    ),
    "check_runs": FeedFormat(
        about="Checks (builds, tests) of commits: the last run of each.",
        key=("repository", "commit", "name"),
        columns=(
            _REPOSITORY,
            _key("commit", "Commit that was checked.", _SHA),
            _key("name", "Name of the check.", "unit tests"),
            _name("pull_request", "Pull request whose last commit it is; empty if none.", "412"),
            _choice(
                "state",
                "Result; `neutral` is also a skipped one.",
                ("success", "failure", "neutral", "cancelled", "pending"),
                required=True,
            ),
            _time("started_at", "Start.", "2026-11-02T10:05:00Z"),
            _time("completed_at", "End.", "2026-11-02T10:11:00Z"),
            _url(),
        ),
    ),
    "issues": FeedFormat(
        about="Issues (tickets). Those that are incidents become rows of `incidents` by themselves.",
        key=("repository", "issue"),
        columns=(
            _REPOSITORY,
            _key("issue", "Its number or key.", "WEB-201"),
            _text("title", "Title.", "Vouchers cannot be combined"),
            _url(example="https://tickets.example.org/WEB-201"),
            _AUTHOR,
            _choice("state", "State.", ("open", "closed"), required=True),
            _labels("Its labels; they tell severity and incidents by the product file.", "incident|sev1"),
            _choice("severity", "Severity; empty: by its labels.", SEVERITIES),
            _flag("is_incident", "Whether it is an incident; empty: by its labels.", "true"),
            _name("milestone", "Milestone or fix version that it is planned for.", "2.8.0"),
            _time("created_at", "When it was opened.", required=True),
            _time("closed_at", "When it was closed; needed when its state is `closed`.", "2026-11-02T16:00:00Z"),
            _time("updated_at", "When it was last changed.", "2026-11-02T16:00:00Z"),
        ),
    ),
    "published_releases": FeedFormat(
        about="Releases as they were published.",
        key=("repository", "tag"),
        columns=(
            _REPOSITORY,
            _key("tag", "Its tag.", "v2.8.0"),
            _text("name", "Title.", "Checkout in one page"),
            _name("version", "Version; empty: by the product's pattern of tags.", "2.8.0"),
            _flag("is_prerelease", "Whether it is an alpha, beta, rc or the like; empty: by its version."),
            _name("commit", "Commit that is tagged.", _SHA),
            _url(example="https://git.example.org/shop/webapp/releases/v2.8.0"),
            _time("created_at", "When it was drafted."),
            _time("published_at", "When it was published.", "2026-11-02T15:00:00Z"),
        ),
    ),
    "deployments": FeedFormat(
        about="Deployments, failed ones included. One that brings several repositories has a row for each.",
        key=("deployment", "repository"),
        columns=(
            _key("deployment", "Its id.", "D-1042"),
            _REPOSITORY,
            _key("environment", "Environment; names of others are mapped by `delivery.environments`.", "production"),
            _name("component", "Part of the product that is deployed on its own.", "checkout-service"),
            _name("version", "Version that was deployed; empty: that of its ref, if it is the tag of one.", "2.8.0"),
            _name("commit", "Commit that was deployed; empty: that of the tag of its version or ref.", _SHA),
            _name("ref", "Branch or tag that was deployed.", "v2.8.0"),
            _choice(
                "result",
                "Result; `abandoned` never took place. One that was replaced later stays a `success`.",
                ("success", "failure", "abandoned", "running"),
                required=True,
            ),
            _time("created_at", "When it was asked for.", "2026-11-02T14:20:00Z"),
            _time("started_at", "Start.", "2026-11-02T14:21:00Z"),
            _time("finished_at", "When it succeeded or failed; needed unless its result is `running`."),
            _flag("unplanned", "Whether it was made to mend what users met (a hotfix, a rollback); empty: unknown."),
            _flag("rolled_back", "Whether it was undone afterwards; empty: unknown."),
            _url(),
        ),
    ),
    "deployment_statuses": FeedFormat(
        about="Changes of the state of deployments.",
        key=("deployment", "status"),
        columns=(
            _key("deployment", "Deployment that changed.", "D-1042"),
            _key("status", "Id of the change.", "3"),
            _key("state", "State in the words of its source.", "in_progress"),
            _text("description", "What is said of it.", "25 % of traffic"),
            _time("created_at", "When the state was entered.", required=True),
        ),
    ),
    "deployed_commits": FeedFormat(
        about="Which commits a deployment brought for the first time. It is for teams whose repository cannot be read: with "
        "it, git is not asked. Of several successful deployments of a commit the first one counts.",
        key=("deployment", "repository", "commit"),
        columns=(
            _key("deployment", "Deployment; it has to be among the deployments.", "D-1042"),
            _REPOSITORY,
            _key("commit", "Commit that it brought.", _SHA),
            _time("authored_at", "When the change was first written; empty: as the stream `commits` says."),
            _time("committed_at", "When the commit was made; empty: as the stream `commits` says."),
        ),
    ),
    "incidents": FeedFormat(
        about="Incidents: users met a failure of the product.",
        key=("incident",),
        columns=(
            _key("incident", "Its id.", "INC-77"),
            _name("environment", "Environment that failed; empty: production.", "production"),
            _text("title", "Title.", "Checkout answers 500"),
            _choice("severity", "Severity; empty: unknown.", SEVERITIES),
            _time("started_at", "When it began, or was reported.", "2026-11-02T15:10:00Z", required=True),
            _time("resolved_at", "When users were well again; empty: it is open.", "2026-11-02T16:00:00Z"),
            _name("deployment", "Deployment that brought it; empty: found by the rule of the metrics.", "D-1042"),
            _name("fixed_by", "Deployment that mended it.", "D-1043"),
            _url(example="https://status.example.org/INC-77"),
        ),
    ),
    "flag_changes": FeedFormat(
        about="Changes of feature flags.",
        key=("change",),
        columns=(
            _key("change", "Id of the change.", "5581"),
            _key("flag", "Key of the flag.", "one-page-checkout"),
            _name("environment", "Environment; empty: all of them.", "production"),
            _name("version", "Release that it belongs to.", "2.8.0"),
            _name("old_value", "What it was; empty if unknown.", "10 %"),
            _key("new_value", "What it became.", "50 %"),
            _name("changed_by", "Who changed it; empty if unknown.", "ana"),
            _text("reason", "Why.", "No errors at 10 %"),
            _time("changed_at", "When.", required=True),
        ),
    ),
    "release_measures": FeedFormat(
        about="What others measure of a release: scores of surveys, costs.",
        key=("version", "measure"),
        columns=(
            _key("version", "Version of the release.", "2.8.0"),
            _key("measure", "`nps`, `csat`, `ces`, `cost`, or a name of your own.", "nps"),
            Column(
                name="value",
                kind="number",
                required=True,
                about="Its value, with a point for decimals.",
                example="41.5",
            ),
            _name("unit", "Unit; of a cost the ISO 4217 code of its currency.", "EUR"),
            Column(name="measured_at", kind="day", required=True, about="When it was taken.", example="2026-12-10"),
        ),
    ),
}
"""Stream to what its feed brings."""
