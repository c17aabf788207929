"""The product file: loading it over the defaults, with every problem of a file told at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from release_ops.domain.audiences import NotesPolicy
from release_ops.domain.changelog_rules import ChangelogRules
from release_ops.domain.milestones import lint
from release_ops.domain.model import (
    Adjust,
    ApprovalPolicy,
    Blackout,
    Channel,
    Criterion,
    Feature,
    FeatureStatus,
    FreezePolicy,
    Gate,
    MilestoneKind,
    MilestoneOverride,
    MilestoneRule,
    Person,
    Product,
    Release,
    ReleaseType,
    Repository,
    WindowPolicy,
)
from release_ops.domain.version_forms import with_form
from release_ops.product_changelog import changelog_rules
from release_ops.product_checks import absent_queries, cross_check, finding_problem, idle_nulls
from release_ops.product_errors import Problem, ProductError
from release_ops.product_notes import AudiencePart, NotesPart, known_issue, notes_policy
from release_ops.product_schema import CriterionBase, GatePart, ProductPart, ReleasePart
from release_ops.product_types import instant
from release_ops.product_validation import json_schema, located, validate
from release_ops.product_yaml import Node, Unreadable, merge, read

__all__ = [
    "Problem", "ProductError", "doubts", "find_product", "json_schema", "load_product", "load_products", "load_rules",
    "product_files", "products_folder", "project_root", "standard_notes",
]  # fmt: skip

_VARIABLE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")
BUMP_LEVELS = ("zero_breaking", "zero_minor", "at_least", "at_most")
"""Keys of `versioning` that are levels of `versions.BumpPolicy`."""
_STANDARD_NOTES = Path(__file__).resolve().parents[2] / "include" / "products" / "_defaults.notes.yaml"
_REMOTE = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*://|[^/\s]+@?[^/\s]*:)")


def project_root() -> Path:
    """Folder of the project: the one above `plugins/`, or the working directory when the package is installed alone."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "include" / "products").is_dir() else Path.cwd()


def products_folder() -> Path:
    """Folder of the product files: the environment variable RELEASE_OPS_PRODUCTS, else include/products."""
    chosen = os.environ.get("RELEASE_OPS_PRODUCTS")
    return Path(chosen) if chosen else project_root() / "include" / "products"


def checks_folder() -> Path:
    """Folder of the SQL files that criteria name with `query`."""
    return project_root() / "include" / "sql" / "checks"


def product_files(folder: Path) -> list[Path]:
    """Return the product files of a folder in name order: its YAML files whose names do not start with `_` or `.`."""
    return sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"} and path.name[0] not in "_.")


def load_product(path: Path, *, defaults: Path | None = None) -> Product:
    """Return the product of a file, merged over every `_defaults*.yaml` of a folder in name order.

    The folder is `defaults`, or the file's own, or else (when that holds none) `products_folder()` or the project's.
    Raises ProductError with all problems of the file.
    """
    problems: list[Problem] = []
    try:
        own, found = read(path)
        problems += found
        base, found = _defaults(defaults if defaults is not None else _defaults_folder(path.parent))
        problems += found
    except Unreadable as error:
        raise ProductError(error.problems) from None
    root = merge(base, own) if base is not None else own
    part, found, pruned = validate(root)
    problems += found
    location, found = _location(root)
    problems += found
    product = _convert(part, location)
    problems += cross_check(product, part, root, pruned)
    if problems:
        raise ProductError(problems)
    return product


def load_rules(path: Path) -> ChangelogRules:
    """Return the changelog's rules of a file, which need not have more than the section `changelog`.

    Raises ValueError with all problems of the section.
    """
    try:
        own, found = read(path)
        base, _ = _defaults(_defaults_folder(path.parent))
    except Unreadable as error:
        raise ValueError(str(ProductError(error.problems))) from None
    alone = replace(own, value={key: node for key, node in own.value.items() if key == "changelog"})
    part, more, _ = validate(merge(base, alone) if base is not None else alone)
    problems = [one for one in (*found, *more) if one.field.partition(".")[0] == "changelog"]
    if problems:
        raise ValueError(str(ProductError(problems)))
    return changelog_rules(part.changelog)


def load_products(folder: Path) -> tuple[dict[str, Product], tuple[Problem, ...]]:
    """Return the products of a folder by id, in file order, and the problems of all its files; bad files raise nothing.

    A product that two files claim is taken from the first one, and the second one is a problem.
    """
    products: dict[str, Product] = {}
    origin: dict[str, Path] = {}
    problems: list[Problem] = []
    try:
        files = product_files(folder)
    except OSError as error:
        remedy = "set RELEASE_OPS_PRODUCTS to the folder of the product files"
        return {}, (Problem(str(folder), 0, "", "", f"cannot be listed: {error.strerror}", remedy),)
    for path in files:
        try:
            product = load_product(path)
        except ProductError as error:
            problems += [problem for problem in error.problems if problem not in problems]
            continue
        if product.id in products:
            message = f"is the product of {origin[product.id].name} already"
            problems.append(
                Problem(str(path), 0, "product", product.id, message, "give it another id, or remove one file")
            )
            continue
        products[product.id] = product
        origin[product.id] = path
    return products, tuple(problems)


def doubts(path: Path, product: Product, today: date | None) -> tuple[list[Problem], list[Problem]]:
    """Return the problems that show only against `today` and other files, and what is doubtful, of a product that loads."""
    root, _ = read(path)
    base, _ = _defaults(_defaults_folder(path.parent))
    merged = merge(base, root) if base is not None else root
    errors = absent_queries(product, merged, sorted(file.stem for file in checks_folder().glob("*.sql")))
    warnings = idle_nulls(root, base)
    for finding in lint(product, today=today):
        (errors if finding.error else warnings).append(finding_problem(root, finding))
    return errors, warnings


def find_product(product_id: str, folder: Path | None = None) -> Product:
    """Return one product by its id, whatever its file is called.

    Raises ProductError: the problems of its file, or that no file has it.
    """
    folder = folder or products_folder()
    usual = folder / f"{product_id}.yaml"
    if usual.is_file():
        product = load_product(usual)
        if product.id == product_id:
            return product
    products, problems = load_products(folder)
    if product_id in products:
        return products[product_id]
    known = ", ".join(products) or "none"
    missing = Problem(str(folder), 0, "product", product_id, "no file describes this product", f"known are: {known}")
    raise ProductError([missing, *problems])


def _defaults_folder(beside: Path) -> Path:
    for folder in (beside, products_folder()):
        if any(folder.glob("_defaults*.yaml")):
            return folder
    return project_root() / "include" / "products"


def _defaults(where: Path) -> tuple[Node | None, list[Problem]]:
    files = [where] if where.is_file() else sorted(where.glob("_defaults*.yaml"))
    stamps = []
    for path in files:
        try:
            stat = path.stat()
        except OSError as error:
            raise Unreadable([Problem(str(path), 0, "", "", f"cannot be read: {error.strerror}")]) from None
        stamps.append((str(path), stat.st_mtime_ns, stat.st_size))
    return _merged(tuple(stamps))


@lru_cache(maxsize=16)
def _merged(stamps: tuple[tuple[str, int, int], ...]) -> tuple[Node | None, list[Problem]]:
    """Defaults of some files, read once per change of them: a hundred products share them."""
    base: Node | None = None
    problems: list[Problem] = []
    for path, _, _ in stamps:
        node, found = read(Path(path))
        problems += found
        base = node if base is None else merge(base, node)
    return base, problems


def standard_notes() -> NotesPolicy:
    """Return the audiences of the defaults, for notes of a repository that no product file describes."""
    return notes_policy(NotesPart(), _standard_audiences())


def _standard_audiences() -> Mapping[str, AudiencePart]:
    """Audiences of the project's own defaults; those of an older installation have none."""
    node, _ = read(_STANDARD_NOTES)
    return NotesPart.model_validate(node.data()["notes"]).audiences


def _location(root: Node) -> tuple[str, list[Problem]]:
    """Repository location with variables filled in and a relative path made absolute, and what is wrong with it."""
    path = ("repository", "location")
    repository = root.value.get("repository")
    parts = repository.value if repository is not None and isinstance(repository.value, dict) else {}
    node = parts.get("location")
    if node is None or not isinstance(node.value, str):
        return "", []
    text, problems = node.value, []
    for name, default in _VARIABLE.findall(text):
        if not name.startswith("RELEASE_OPS_"):
            problems.append(located(root, path, "only variables named RELEASE_OPS_... are filled in", f"rename {name}"))
        elif not default and not os.environ.get(name):
            remedy = f"set it, or write a default: ${{{name}:-path}}"
            problems.append(located(root, path, f"the environment variable {name} is not set", remedy))
    if not problems:
        text = _VARIABLE.sub(lambda match: os.environ.get(match["name"]) or match["default"], text)
    kind = parts["kind"].value if "kind" in parts else None
    if kind == "github" and not re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        problems.append(located(root, path, "is not a GitHub repository", "write owner/name"))
    if re.match(r"^https?://[^/@]*:[^/@]*@", text):
        bare = Problem(
            node.file, node.line, "repository.location", "", "holds a password", "put it into an Airflow connection"
        )
        problems.append(bare)
    if text.startswith("-"):
        problems.append(located(root, path, "would be an option to git", "write ./ before it"))
    if kind == "git" and not _REMOTE.match(text):
        text = str((project_root() / Path(text).expanduser()).resolve())
    return text, problems


def _convert(part: ProductPart, location: str) -> Product:
    repository = part.repository
    return Product(
        id=part.product,
        name=part.name or part.product,
        repository=Repository(
            kind=repository.kind,
            location=location or repository.location,
            connection=repository.connection,
            default_branch=repository.default_branch,
            tag=with_form(repository.tag, part.versioning.form),
            release_branch=repository.release_branch,
            changelog=repository.changelog,
            push=repository.push,
            folders=tuple(f"{folder}/" for folder in repository.folders),
        ),
        scheme=part.versioning.scheme,
        bump={name: level for name in BUMP_LEVELS if (level := getattr(part.versioning, name)) is not None},
        timezone=part.timezone,
        holiday_regions=tuple(dict.fromkeys(part.holidays)),
        catch_up=part.catch_up,
        trains={kind: _train(kind, part) for kind in ReleaseType},
        releases=tuple(_release(part.product, release) for release in part.releases),
        gates={name: _gate(name, gate) for name, gate in part.gates.items()},
        milestone_gates=dict(part.milestone_gates),
        approvers={
            role: tuple(Person(id=one.id, name=one.name or one.id, email=one.email or "") for one in people)
            for role, people in part.approvers.items()
        },
        channels={
            audience: tuple(Channel(kind=one.kind, connection=one.connection, to=one.to or "") for one in channels)
            for audience, channels in part.audiences.items()
        },
        problems_to=tuple(part.problems_to),
        announcements={kind: tuple(audiences) for kind, audiences in part.announcements.items()},
        freeze=FreezePolicy(
            required_reviews=part.freeze.required_reviews,
            exempt=tuple(part.freeze.exempt),
            deadline=part.freeze.deadline,
            check=part.freeze.check,
        ),
        windows=WindowPolicy(milestones=frozenset(part.windows.milestones), holidays_close=part.windows.holidays_close),
        blackouts=_blackouts(part),
        notes=notes_policy(part.notes, {} if part.notes.audiences else _standard_audiences()),
        scope_source=part.scope.source,
        changelog=changelog_rules(part.changelog),
    )


def _train(kind: ReleaseType, part: ProductPart) -> Mapping[MilestoneKind, MilestoneRule]:
    rules: dict[MilestoneKind, MilestoneRule] = {}
    for milestone, rule in sorted(part.trains.get(kind, {}).items(), key=lambda item: item[0].rank):
        usual = Adjust.NEXT if milestone is MilestoneKind.SUPPORT_END else Adjust.PREVIOUS
        adjust = Adjust.NONE if milestone is MilestoneKind.GA else rule.adjust or usual
        rules[milestone] = MilestoneRule(rule=rule.rule, at=rule.at or part.at, adjust=adjust)
    if rules and MilestoneKind.GA not in rules:
        rules[MilestoneKind.GA] = MilestoneRule(rule="ga", at=part.at, adjust=Adjust.NONE)
    return rules


def _release(product: str, part: ReleasePart) -> Release:
    return Release(
        product=product,
        version=part.version,
        type=part.type,
        ga=part.ga,
        theme=part.theme or "",
        overrides={
            kind: MilestoneOverride(date=own.date, at=own.at, rule=own.rule, skip=own.skip, reason=own.reason or "")
            for kind, own in part.milestones.items()
        },
        features=tuple(
            Feature(**{**one.model_dump(exclude_none=True), "status": FeatureStatus(one.status)})
            for one in part.features
        ),
        known_issues=tuple(known_issue(one) for one in part.known_issues),
    )


def _gate(name: str, part: GatePart) -> Gate:
    common = set(CriterionBase.model_fields) | {"kind"}
    return Gate(
        name=name,
        criteria=tuple(
            Criterion(
                id=key,
                kind=one.kind,
                title=one.title,
                required=one.required,
                waivable=one.waivable,
                spec=one.model_dump(exclude=common, exclude_none=True),
            )
            for key, one in part.criteria.items()
        ),
        approvals=ApprovalPolicy(
            roles=dict(part.approvals.roles), minimum=part.approvals.minimum, timeout=part.approvals.timeout
        ),
    )


def _blackouts(part: ProductPart) -> tuple[Blackout, ...]:
    zone = ZoneInfo(part.timezone)
    found = (
        Blackout(start=instant(one.start, zone, last=False), end=instant(one.end, zone, last=True), reason=one.reason)
        for one in part.blackouts
    )
    return tuple(sorted(found, key=lambda blackout: blackout.start.astimezone(UTC)))
