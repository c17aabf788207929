"""What the parts of a product file must be to each other: roles to people, gates to milestones, versions to dates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from zoneinfo import ZoneInfo

from semver import Version

from release_ops.domain.audiences import EVERY_SECTION, RELEASE_PAGE
from release_ops.domain.calver import COUNTERS, Format, date_of, write
from release_ops.domain.changelog_rules import BREAKING_TITLE, OTHER_TITLE, SECTION_RULES
from release_ops.domain.lint import Finding, lint
from release_ops.domain.milestones import WITHOUT_CALENDAR
from release_ops.domain.model import Criterion, Gate, MilestoneKind, Product
from release_ops.domain.rules import WEEKDAYS, Offset, parse_rule, parse_weekday
from release_ops.domain.version_forms import form_of
from release_ops.domain.versions import read_version
from release_ops.product_calendar import AbsencePart
from release_ops.product_checks_analysis import analysis_problems
from release_ops.product_checks_budget import budget_problems
from release_ops.product_checks_calendar import anchor_problems, cadence_problems, event_names, idle_overrides, place_of
from release_ops.product_checks_deploy import deploy_problems
from release_ops.product_checks_drivers import driver_problems
from release_ops.product_checks_flags import flag_problems
from release_ops.product_checks_health import health_problems
from release_ops.product_checks_hotfix import hotfix_problems
from release_ops.product_checks_messages import message_problems
from release_ops.product_checks_plan import plan_problems
from release_ops.product_checks_review import review_problems
from release_ops.product_checks_risks import document_problems, risk_problems
from release_ops.product_checks_stakeholders import stakeholder_problems
from release_ops.product_checks_surveys import survey_problems
from release_ops.product_errors import Problem, did_you_mean, nearest
from release_ops.product_schema import ProductPart
from release_ops.product_types import instant, parse_dated, weekday_problem
from release_ops.product_validation import Steps, dotted, located
from release_ops.product_windows import BlackoutPart
from release_ops.product_yaml import Node, locate, walk

_SECTIONS: tuple[tuple[frozenset[str], Callable[[Product, Node], list[Problem]]], ...] = (
    (frozenset({"audiences", "health", "releases", "trains"}), health_problems),
    (frozenset({"gates", "hotfix", "repository"}), hotfix_problems),
    (frozenset({"audiences", "budget"}), budget_problems),
    (frozenset({"analyses", "deploy", "repository"}), driver_problems),
    (frozenset({"audiences", "review"}), review_problems),
    (frozenset({"analyses", "approvers", "audiences", "flags", "releases"}), flag_problems),
    (frozenset({"analyses", "approvers", "audiences", "deploy", "gates"}), deploy_problems),
    (frozenset({"analyses", "analysis_templates"}), analysis_problems),
    (frozenset({"audiences", "surveys", "survey_results"}), survey_problems),
    (frozenset({"approvers", "audiences", "communication", "messages", "stakeholders"}), stakeholder_problems),
    (frozenset({"audiences", "gates", "messages", "notes", "readiness", "releases"}), message_problems),
)
"""Sections that have to be sound for a check between them, and the check."""


def cross_check(product: Product, part: ProductPart, root: Node, pruned: list[Steps]) -> list[Problem]:
    """Return the problems between the sections of a file; `pruned` names the parts that are known to be broken."""
    broken = {path[0] for path in pruned if path}
    problems = [*_weekdays(root), *_trains(part, root), *_twice(root)]
    if "versioning" not in broken:
        problems += _versions(root, product)
    problems += _names(product, root, broken)
    problems += _periods(root, part, broken)
    if not broken & {"releases", "scope", "capacity", "repository"}:
        problems += plan_problems(product, root)
    if "releases" not in broken:
        problems += risk_problems(product, root)
    if not broken & {"audiences", "communication", "tests"}:
        problems += document_problems(product, root)
    for needed, check in _SECTIONS:
        if not broken & needed:
            problems += check(product, root)
    if not broken & {"approvers", "gates", "milestone_gates"}:
        problems += _approvals(product, root)
    if "cadences" not in broken and "versioning" not in broken:
        problems += cadence_problems(product, part, root)
    if not broken & {"trains", "events"}:
        problems += [*idle_overrides(product, root), *event_names(product, root)]
    anchors = anchor_problems(product, root)
    problems += anchors
    told = {(problem.file, problem.line) for problem in problems}
    for finding in () if anchors else lint(product):
        if finding.error:
            problem = finding_problem(root, finding)
            if (problem.file, problem.line) not in told:
                problems.append(problem)
                told.add((problem.file, problem.line))
    return problems


def _child(node: Node | None, key: str) -> Node | None:
    return node.value.get(key) if node is not None and isinstance(node.value, dict) else None


def _items(node: Node | None) -> Iterator[tuple[int, Node]]:
    """Mappings in a list, with their places."""
    if node is not None and isinstance(node.value, list):
        yield from ((index, one) for index, one in enumerate(node.value) if isinstance(one.value, dict))


def _weekdays(root: Node) -> list[Problem]:
    found = []
    for index, release in _items(_child(root, "releases")):
        weekday, ga = _child(release, "weekday"), _child(release, "ga")
        if weekday is None or not isinstance(weekday.value, str):
            continue
        path: Steps = ("releases", index, "weekday")
        try:
            expected = parse_weekday(weekday.value)
        except ValueError:
            found.append(located(root, path, "is not a weekday", did_you_mean(weekday.value, WEEKDAYS)))
            continue
        try:
            day, _ = parse_dated(str(ga.value) if ga is not None else "")
        except ValueError:
            continue
        if problem := weekday_problem(day, expected):
            message, _, remedy = problem.partition("; ")
            found.append(located(root, path, message, remedy))
    return found


def _versions(root: Node, product: Product) -> list[Problem]:
    found = []
    for index, release in _items(_child(root, "releases")):
        version = _child(release, "version")
        if (
            version is not None
            and isinstance(version.value, str)
            and (said := _version_problem(version.value, product))
        ):
            found.append(located(root, ("releases", index, "version"), *said))
    return found


def _version_problem(text: str, product: Product) -> tuple[str, str] | None:
    """What is wrong with a final version, and the remedy."""
    pattern, scheme = product.repository.tag, product.scheme
    form = form_of(pattern)
    try:
        version = read_version(text, pattern) if form else Version.parse(text)
    except ValueError as error:
        if form is not None:
            return f"is not a {scheme} version of the form {form.text}", f"write {_like(form, str(error))}"
        numbers = [int(number) for number in re.findall(r"\d+", text)][:3]
        if re.fullmatch(r"[vV]?\d+(\.\d+){0,2}", text):
            guess = ".".join(str(number) for number in [*numbers, 0, 0][:3])
            return f"is not a {scheme} version", f"write {guess}"
        return f"is not a {scheme} version", "write three numbers, like 2.8.0"
    if version.prerelease or version.build:
        return "is not a final version", f"write {version.finalize_version()}; the train numbers the pre-releases"
    return None


def _like(form: Format, problem: str) -> str:
    """The corrected version, where the problem knows it, else an example."""
    known = problem.rpartition("; write ")[2]
    if not known.startswith(form.text):
        return known
    example = {**date_of(form, date(2026, 11, 26)), **dict.fromkeys(set(form.tokens) & {*COUNTERS}, 1)}
    return f"one like {write(form, example)}"


def _trains(part: ProductPart, root: Node) -> list[Problem]:
    found = []
    for kind, rules in part.trains.items():
        if kind in WITHOUT_CALENDAR and rules:
            message, remedy = f"a {kind} release has no calendar", "remove these rules"
            found.append(located(root, ("trains", kind.value), message, remedy))
        ga = rules.get(MilestoneKind.GA)
        if ga is not None and parse_rule(ga.rule) != Offset(0):
            path: Steps = ("trains", kind.value, "ga")
            found.append(located(root, path, "GA is the day that all rules count from", "write ga: ga"))
    return found


def _twice(root: Node) -> list[Problem]:
    """Things with one identifier that are listed twice."""
    found = []
    lists: list[Steps] = [("releases", index, "features") for index, _ in _items(_child(root, "releases"))]
    people = _child(root, "approvers")
    if people is not None and isinstance(people.value, dict):
        lists += [("approvers", role) for role in people.value]
    for path in lists:
        seen: set[str] = set()
        for index, one in _items(_at(root, path)):
            name = _child(one, "id")
            if name is None or not isinstance(name.value, str):
                continue
            if name.value in seen:
                found.append(located(root, (*path, index, "id"), "is listed twice", "remove one, or correct the id"))
            seen.add(name.value)
    return found


def _at(root: Node, path: Steps) -> Node | None:
    node, _, found = locate(root, path)
    return node if len(found) == len(path) else None


def _names(product: Product, root: Node, broken: set[str | int]) -> list[Problem]:
    """Names that must be defined elsewhere in the file."""
    found = []
    gates, audiences = _child(root, "gates"), _child(root, "audiences")
    known_gates = [*gates.value] if gates is not None and isinstance(gates.value, dict) else []
    known_audiences = [*audiences.value] if audiences is not None and isinstance(audiences.value, dict) else []
    for kind, name in product.milestone_gates.items():
        if name not in known_gates:
            remedy = did_you_mean(name, known_gates)
            found.append(located(root, ("milestone_gates", kind.value), "there is no such gate", remedy))
    for gate in product.gates.values():
        for criterion in gate.criteria:
            for index, name in enumerate(criterion.spec.get("gates", ()) if criterion.kind == "gates" else ()):
                if name not in known_gates:
                    path: Steps = ("gates", gate.name, "criteria", criterion.id, "gates", index)
                    found.append(located(root, path, "there is no such gate", did_you_mean(name, known_gates)))
    for index, name in enumerate(product.problems_to):
        if name not in known_audiences:
            found.append(
                located(root, ("problems_to", index), "there is no such audience", did_you_mean(name, known_audiences))
            )
    for kind, names in product.announcements.items():
        for index, name in enumerate(names):
            if name != "*" and name not in known_audiences:
                path = ("announcements", kind.value, index)
                found.append(located(root, path, "there is no such audience", did_you_mean(name, known_audiences)))
    return found if "notes" in broken else found + _notes(product, root)


def _notes(product: Product, root: Node) -> list[Problem]:
    """The audience of the release page, and those that a summary is written for."""
    found = []
    known = product.notes.audiences
    if RELEASE_PAGE not in known:
        message, remedy = "published releases and messages need it", "leave it in, and change what it shows"
        found.append(located(root, ("notes", "audiences", RELEASE_PAGE), message, remedy))
    titles = [EVERY_SECTION, BREAKING_TITLE, *(rule.title for rule in SECTION_RULES), OTHER_TITLE]
    titles += [rule.title for rule in product.changelog.sections]
    for audience, rule in known.items():
        for index, title in enumerate(rule.sections):
            if title not in titles:
                where: Steps = ("notes", "audiences", audience, "sections", index)
                found.append(located(root, where, "no changelog has this section", did_you_mean(title, titles)))
    for index, name in enumerate(product.notes.summary.audiences if product.notes.summary else ()):
        if name not in known:
            path: Steps = ("notes", "summary", "audiences", index)
            found.append(located(root, path, "there is no such audience of notes", did_you_mean(name, known)))
    return found


def _periods(root: Node, part: ProductPart, broken: set[str | int]) -> list[Problem]:
    found = []
    zone = ZoneInfo(part.timezone)
    kinds: dict[str, Sequence[BlackoutPart | AbsencePart]] = {"blackouts": part.blackouts, "away": part.away}
    for section, periods in kinds.items():
        for index, one in enumerate(() if section in broken else periods):
            if instant(one.start, zone, last=False) >= instant(one.end, zone, last=True):
                message, remedy = "ends before it starts", "swap start and end, or correct one"
                found.append(located(root, (section, index, "end"), message, remedy))
    return found


def _approvals(product: Product, root: Node) -> list[Problem]:
    """Roles without people, seats that cannot all be filled, and checklists that nobody can tick; of gates in use."""
    names = dict.fromkeys(product.milestone_gates.values())
    used = [product.gates[name] for name in names if name in product.gates]
    found, unfilled = _roles(product, used, root)
    for gate in used:
        if not unfilled & set(gate.approvals.roles):
            found += _quorum(product, gate, root)
        for criterion in gate.criteria:
            if criterion.kind == "checklist":
                found += _ticks(gate, criterion, root)
    return found


def _ticks(gate: Gate, criterion: Criterion, root: Node) -> list[Problem]:
    path: Steps = ("gates", gate.name, "criteria", criterion.id)
    role = criterion.spec.get("role")
    if not gate.approvals.roles:
        message = "nobody approves this gate, so nobody can tick this"
        return [_own(root, path, message, f"add gates.{gate.name}.approvals.roles")]
    if role is not None and role not in gate.approvals.roles:
        message = f"no {role} approves this gate, so nobody can tick this"
        return [_own(root, (*path, "role"), message, did_you_mean(role, gate.approvals.roles, what="its roles are"))]
    return []


def _roles(product: Product, gates: list[Gate], root: Node) -> tuple[list[Problem], set[str]]:
    """Problems of roles with too few people, each told once for all its gates, and these roles."""
    found, meant = _misspelt_roles(product, gates, root)
    latest = max((problem.line for problem in found), default=0)
    unfilled = set(meant)
    for role in dict.fromkeys(role for gate in gates for role in gate.approvals.roles):
        asking = {gate.name: gate.approvals.roles[role] for gate in gates if role in gate.approvals.roles}
        people = len({person.id for person in product.approvers.get(role, ())})
        short = [name for name, count in asking.items() if count > people]
        if not short:
            continue
        if role in meant:
            continue
        unfilled.add(role)
        gates_ask = f"gate {short[0]} asks" if len(short) == 1 else f"gates {' and '.join(short)} ask"
        asked: Steps = ("gates", short[0], "approvals", "roles", role)
        node = _at(root, asked)
        near = did_you_mean(role, product.approvers)
        if people:
            message = f"has {_people(people)}, and {gates_ask} for {max(asking.values())}"
            found.append(located(root, ("approvers", role), message, "add people, or ask for fewer"))
        elif node is not None and node.file == root.file and near.startswith("did"):
            found.append(located(root, asked, "no approver has this role", near))
        else:
            remedy = f"write people under approvers.{role}, or drop the role: {dotted(asked)}: null"
            problem = located(root, ("approvers", role), f"nobody has this role, and {gates_ask} for it", remedy)
            # What is misspelt is told first: it may be all that is wrong.
            found.append(replace(problem, line=max(problem.line, latest)))
    return found, unfilled


def _misspelt_roles(product: Product, gates: list[Gate], root: Node) -> tuple[list[Problem], set[str]]:
    """Approvers of roles that no gate asks for and whose names are near to a role without people; and these roles."""
    asked = {role for gate in product.gates.values() for role in gate.approvals.roles}
    free = {role for gate in gates for role in gate.approvals.roles if not product.approvers.get(role)}
    found, meant = [], set[str]()
    for role in product.approvers:
        near = nearest(role, free - meant) if role not in asked else None
        if near is not None:
            path: Steps = ("approvers", role)
            found.append(located(root, path, "no gate asks for this role", f"did you mean {near!r}?"))
            meant.add(near)
    return found, meant


_ENTRIES: tuple[tuple[str, ...], ...] = (
    *(("gates",), ("gates", "*", "criteria"), ("gates", "*", "approvals", "roles"), ("milestone_gates",)),
    *(("gates", "*", "approvals", "types"), ("scope", "points"), ("scope", "risk"), ("scope", "priorities")),
    *(("approvers",), ("audiences",), ("announcements",), ("trains",), ("trains", "*")),
    *(("risks", "rules"), ("tests", "levels"), ("communication",)),
)
"""Mappings whose entries `null` removes."""


def idle_nulls(own: Node, base: Node | None) -> list[Problem]:
    """Entries of a file that are `null` and that the defaults do not have: a misspelt name removes nothing."""
    found = []
    for path, node in walk(own):
        if node.value is not None or not any(_fits(path[:-1], pattern) for pattern in _ENTRIES):
            continue
        above = _at(base, path[:-1]) if base is not None else None
        known = above.value if above is not None and isinstance(above.value, dict) else {}
        if path[-1] not in known:
            message = "removes nothing: the defaults have no such entry"
            found.append(located(own, path, message, did_you_mean(str(path[-1]), known)))
    return found


def _fits(path: Steps, pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(want in {"*", step} for step, want in zip(path, pattern, strict=True))


def absent_queries(product: Product, root: Node, known: list[str]) -> list[Problem]:
    """SQL criteria that name a file which is not among the `known` ones (names without `.sql`)."""
    found = []
    for gate in product.gates.values():
        for criterion in gate.criteria:
            name = criterion.spec.get("query") if criterion.kind == "sql" else None
            if name is not None and name not in known:
                path: Steps = ("gates", gate.name, "criteria", criterion.id, "query")
                near = did_you_mean(str(name), known, what="there are")
                message = f"include/sql/checks/{name}.sql is not there"
                found.append(located(root, path, message, near or "write it, or write the SQL as `statement`"))
    return found


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"


def _quorum(product: Product, gate: Gate, root: Node) -> list[Problem]:
    """Roles that the listed people cannot fill all at once, one role each (Hall's condition)."""
    wanted = gate.approvals.roles
    eligible = {role: {person.id for person in product.approvers.get(role, ())} for role in wanted}
    path: Steps = ("gates", gate.name, "approvals", "roles")
    for size in range(1, min(len(wanted), 10) + 1):
        for roles in combinations(wanted, size):
            people = set[str]().union(*(eligible[role] for role in roles))
            need = sum(wanted[role] for role in roles)
            if need > len(people):
                who = f"only {', '.join(sorted(people))} can fill them"
                message = f"gate {gate.name} needs {need} different people as {' and '.join(roles)}, and {who}"
                return [_own(root, path, message, "a person fills one seat: name more people, or ask for fewer")]
    everybody = set[str]().union(*eligible.values())
    if gate.approvals.minimum > len(everybody):
        message = f"gate {gate.name} asks for {gate.approvals.minimum} people, but its roles have only {len(everybody)}"
        return [_own(root, (*path[:-1], "minimum"), message, "name more people, or lower it")]
    return []


def _own(root: Node, path: Steps, message: str, remedy: str) -> Problem:
    """A problem shown in the product's own file: in its approvers, when the gate is a default that it did not write."""
    problem = located(root, path, message, remedy)
    if problem.file == root.file:
        return problem
    shown = located(root, ("approvers",), message, remedy)
    return Problem(
        root.file, shown.line if shown.file == root.file else root.line, problem.field, problem.value, message, remedy
    )


def finding_problem(root: Node, finding: Finding) -> Problem:
    """A finding at its line; of two lines that could be changed, the one in the product's own file."""
    place = place_of(root, finding.version, finding.cadence)
    if finding.cadence is not None:
        return located(root, place, f"{finding.version}: {finding.message}", finding.remedy)
    problems = []
    for field in (finding.field, finding.also):
        steps: Steps = tuple(field.split("."))
        path = steps if steps[0] == "trains" else (*place, *steps)
        problems.append(located(root, path, finding.message, finding.remedy))
        if not finding.also:
            break
    return next((problem for problem in problems if problem.file == root.file), problems[0])
