"""The product file: loading it over the defaults, with every problem of a file told at once."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from release_ops import product_cache
from release_ops.domain.changelog_rules import ChangelogRules
from release_ops.domain.lint import lint
from release_ops.domain.model import (
    Product,
)
from release_ops.product_changelog import changelog_rules
from release_ops.product_checks import absent_queries, cross_check, finding_problem, idle_nulls
from release_ops.product_checks_conflicts import conflict_checks
from release_ops.product_checks_drivers import with_config_repositories
from release_ops.product_checks_plan import board_problems, strangers_away
from release_ops.product_checks_stakeholders import stakeholder_doubts
from release_ops.product_convert import STANDARD_NOTES, convert, standard_notes
from release_ops.product_errors import Problem, ProductError, did_you_mean
from release_ops.product_links import with_calendars, with_downstream
from release_ops.product_validation import json_schema, located, validate
from release_ops.product_yaml import Node, Unreadable, content_of, merge, parse_bytes, read

__all__ = [
    "Problem", "ProductError", "default_files", "doubts", "file_of", "find_product", "json_schema", "load_product",
    "load_products", "load_rules", "product_files", "products_folder", "project_root", "standard_notes",
]  # fmt: skip

_CLONE = Path(__file__).resolve().parents[2]
_VARIABLE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")
_PRODUCT = re.compile(r"""^product:\s*["']?(?P<id>[A-Za-z0-9_.-]+)""", re.MULTILINE)
_REMOTE = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*://|[^/\s]+@?[^/\s]*:)")


class Defaults(NamedTuple):
    """What products are merged over: the merged tree, what is wrong with it, and what it is known by."""

    root: Node | None
    problems: tuple[Problem, ...]
    print: product_cache.Print


def project_root() -> Path:
    """Folder of the project: the one above `plugins/`, or the working directory when the package is installed alone."""
    return _CLONE if (_CLONE / "include" / "products").is_dir() else Path.cwd()


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
    try:
        content = content_of(path, str(path))
        base = _defaults(defaults if defaults is not None else _defaults_folder(path.parent))
    except Unreadable as error:
        raise ProductError(error.problems) from None
    return _load(path, content, base)[0]


def _load(path: Path, content: bytes, defaults: Defaults) -> tuple[Product, bool]:
    """Product of a file's bytes, and whether they had to be read anew; ProductError."""
    product, problems, is_new = _own(path, content, defaults)
    folder = path.parent

    @cache
    def root() -> Node:
        own, _ = parse_bytes(content, str(path))
        return merge(defaults.root, own) if defaults.root is not None else own

    def other(product_id: str) -> Product:
        file = _file_of(product_id, folder)
        product, found, _ = _own(file, content_of(file, str(file)), defaults)
        if found:
            raise ProductError(found)
        return product

    product, found = with_calendars(product, root, folder, project_root())
    problems += found
    product, found = with_downstream(product, root, other)
    problems += found
    if problems:
        raise ProductError(problems)
    return product, is_new


def _own(path: Path, content: bytes, defaults: Defaults) -> tuple[Product, list[Problem], bool]:
    """What a file says by itself: the product, its problems, and whether it had to be read anew."""
    key = product_cache.key_of(content, defaults.print, project_root())
    if (known := product_cache.load(key)) is not None:
        return known, [], False
    problems = [*defaults.problems]
    try:
        own, found = parse_bytes(content, str(path))
    except Unreadable as error:
        raise ProductError(error.problems) from None
    problems += found
    root = merge(defaults.root, own) if defaults.root is not None else own
    part, found, pruned = validate(root)
    problems += found
    location, found = _location(root, ("repository", "location"))
    problems += found
    flagd, found = _location(root, ("flags", "flagd", "repository"))
    problems += found
    product, found = with_config_repositories(convert(part, location, flagd=flagd), root, _location)
    problems += found
    problems += cross_check(product, part, root, pruned)
    if not pruned:
        problems += conflict_checks(product, root)
    if not problems:
        product_cache.save(key, product)
    return product, problems, True


def _file_of(product_id: str, folder: Path) -> Path:
    """File that describes a product: the one of its name, or the one that says so. LookupError with the known ones."""
    known = {}
    for path in sorted(product_files(folder), key=lambda one: one.stem != product_id):
        match = _PRODUCT.search(path.read_text(encoding="utf-8", errors="replace"))
        if match is not None:
            known[match["id"]] = path
            if match["id"] == product_id:
                return path
    raise LookupError(did_you_mean(product_id, sorted(known)))


def load_rules(path: Path) -> ChangelogRules:
    """Return the changelog's rules of a file, which need not have more than the section `changelog`.

    Raises ValueError with all problems of the section.
    """
    try:
        own, found = read(path)
        base = _defaults(_defaults_folder(path.parent)).root
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
    anew = False
    problems: list[Problem] = []
    try:
        files = product_files(folder)
    except OSError as error:
        remedy = "set RELEASE_OPS_PRODUCTS to the folder of the product files"
        return {}, (Problem(str(folder), 0, "", "", f"cannot be listed: {error.strerror}", remedy),)
    if not files:
        return {}, ()
    try:
        base = _defaults(_defaults_folder(folder))
    except Unreadable as error:
        return {}, tuple(error.problems)
    told = set[Problem]()
    for path in files:
        try:
            product, is_new = _load(path, content_of(path, str(path)), base)
        except (ProductError, Unreadable) as error:
            problems += [problem for problem in error.problems if problem not in told]
            told.update(error.problems)
            continue
        if product.id in products:
            message = f"is the product of {origin[product.id].name} already"
            problems.append(
                Problem(str(path), 0, "product", product.id, message, "give it another id, or remove one file")
            )
            continue
        products[product.id] = product
        origin[product.id] = path
        anew = anew or is_new
    if anew:
        product_cache.tidy()
    return products, tuple(problems)


def doubts(path: Path, product: Product, today: date | None) -> tuple[list[Problem], list[Problem]]:
    """Return the problems that show only against `today` and other files, and what is doubtful, of a product that loads."""
    root, _ = read(path)
    base = _defaults(_defaults_folder(path.parent)).root
    merged = merge(base, root) if base is not None else root
    errors = absent_queries(product, merged, sorted(file.stem for file in checks_folder().glob("*.sql")))
    if today is not None:
        errors += board_problems(product, merged, today)
    warnings = [*idle_nulls(root, base), *strangers_away(product, merged), *stakeholder_doubts(product, merged)]
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


def file_of(product_id: str, folder: Path | None = None) -> Path | None:
    """Return the file that names itself the product's, whether or not it is valid; None if there is none."""
    folder = folder or products_folder()
    named = re.compile(rf"^product:\s*['\"]?{re.escape(product_id)}['\"]?\s*(#|$)", re.MULTILINE)
    usual = folder / f"{product_id}.yaml"
    try:
        for path in dict.fromkeys((usual, *product_files(folder))):
            if path.is_file() and named.search(path.read_text(encoding="utf-8", errors="replace")):
                return path
    except OSError:
        return None
    return None


def default_files(file: Path) -> list[Path]:
    """Return the files over which a product file is read, in name order."""
    return sorted(_defaults_folder(file.parent).glob("_defaults*.yaml"))


def _defaults_folder(beside: Path) -> Path:
    for folder in (beside, products_folder()):
        if any(folder.glob("_defaults*.yaml")):
            return folder
    return project_root() / "include" / "products"


def _defaults(where: Path) -> Defaults:
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
def _merged(stamps: tuple[tuple[str, int, int], ...]) -> Defaults:
    """Defaults of some files, read once per change of them: a hundred products share them."""
    base: Node | None = None
    problems: list[Problem] = []
    contents = []
    for path, _, _ in stamps:
        content = content_of(Path(path), path)
        contents.append(content)
        node, found = parse_bytes(content, path)
        problems += found
        base = node if base is None else merge(base, node)
    # Audiences of notes that the defaults lack are those of the project: see `standard_notes`.
    with contextlib.suppress(OSError):
        contents.append(STANDARD_NOTES.read_bytes())
    return Defaults(base, tuple(problems), product_cache.print_of(contents))


def _location(root: Node, path: tuple[str, ...], kind: str | None = None) -> tuple[str, list[Problem]]:
    """A repository's location with variables filled in and a relative path made absolute, and what is wrong with it."""
    parts: dict[str, Node] = root.value
    for name in path[:-1]:
        above = parts.get(name)
        parts = above.value if above is not None and isinstance(above.value, dict) else {}
    node = parts.get(path[-1])
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
    kind = parts["kind"].value if "kind" in parts else kind
    if kind == "github" and not re.fullmatch(r"[\w.-]+/[\w.-]+", text):
        problems.append(located(root, path, "is not a GitHub repository", "write owner/name"))
    if re.match(r"^https?://[^/@]*:[^/@]*@", text):
        bare = Problem(
            node.file, node.line, ".".join(path), "", "holds a password", "put it into an Airflow connection"
        )
        problems.append(bare)
    if text.startswith("-"):
        problems.append(located(root, path, "would be an option to git", "write ./ before it"))
    if kind == "git" and not _REMOTE.match(text):
        text = str((project_root() / Path(text).expanduser()).resolve())
    return text, problems
