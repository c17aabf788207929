"""The one Jinja environment: text that leaves the house, escaped for the format that it goes to.

Whatever a template prints is data and is escaped for the output format; only what `escaping` itself marked as `Safe`
passes as it is. Nothing that Jinja builds (`~`, `|safe`, a macro's result) counts as safe, so a mistake in a template
shows as a visible backslash, never as somebody's markup.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from release_ops.domain.changelog import Changelog
from release_ops.escaping import (
    BREAK,
    FORMATS,
    Safe,
    aside,
    block,
    change_link,
    clean,
    closed,
    code,
    code_block,
    commit_link,
    described,
    escape,
    item_md,
    link,
    one_line,
    pack,
    pulled,
    titled,
    units,
)

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from release_ops.domain.migration import Group
    from release_ops.domain.model import Product
    from release_ops.domain.notes import Notes

__all__ = [
    "BREAK",
    "FORMATS",
    "NOTES_FORMATS",
    "TEMPLATES",
    "Safe",
    "TemplateProblem",
    "block",
    "changelog_by_template",
    "changelog_markdown",
    "clean",
    "escape",
    "find_template",
    "link",
    "migration_markdown",
    "notes_markdown",
    "notes_text",
    "one_line",
    "pack",
    "render",
    "template_folders",
    "units",
]

TEMPLATES = Path(__file__).resolve().parents[2] / "include" / "templates"
_PRODUCT_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,49}")


class TemplateProblem(ValueError):
    """A template that cannot be used: file, line, what is wrong, and what to do."""


def template_folders(product: str | None = None) -> list[Path]:
    """Where templates are looked for, in this order; a file of the same name in an earlier folder replaces the later.

    A team's own for the product, a team's own, the project's for the product, the project's. ValueError for what is no
    product's id: it becomes part of a path.
    """
    if product is not None and _PRODUCT_ID.fullmatch(product) is None:
        raise ValueError(
            f"product {product!r}: not the id of a product; write small letters, digits, '-', '_' and '.', 50 at most"
        )
    own = os.environ.get("RELEASE_OPS_TEMPLATES", "")
    roots = [*([Path(own)] if own else []), TEMPLATES]
    return [folder for root in roots for folder in (*([root / "products" / product] if product else []), root)]


def find_template(name: str, product: str | None = None) -> Path:
    """The file of a template that is not for Jinja. Raises TemplateProblem where no folder has it."""
    folders = template_folders(product)
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise TemplateProblem(f"{name}: no such template in {_listed(folders)}")
    return found


def _listed(folders: list[Path]) -> str:
    return ", ".join(str(folder) for folder in folders)


def render(template: str, *, fmt: str, product: Product | str | None = None, **data: Any) -> str:
    """The template (`changelog/entry.html.j2`) with the data, every value escaped for `fmt` (one of FORMATS).

    With a product, or its id, the product's own file of that name comes first; see `template_folders`. The template
    sees a Product as `product`. Raises TemplateProblem: no such template, a name that `data` lacks, a template that
    reaches too far, and any other mistake in it, with file and line.
    """
    from jinja2 import TemplateNotFound, TemplateSyntaxError  # noqa: PLC0415

    if product is not None and not isinstance(product, str):
        data["product"] = product
        product = product.id
    folders = template_folders(product)
    environment = _environment(fmt, tuple(str(folder) for folder in folders))
    try:
        return environment.get_template(template).render(**data)
    except TemplateNotFound as error:
        raise TemplateProblem(f"{error.name}: no such template in {_listed(folders)}") from error
    except TemplateSyntaxError as error:
        raise _problem(error.filename or template, error.lineno, error.message or "cannot be read") from error
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        at = next((frame for frame in reversed(frames) if Path(frame.filename).suffix == ".j2"), None)
        file, line = (at.filename, at.lineno) if at else (template, None)
        raise _problem(file, line, f"{type(error).__name__}: {error}") from error


def _problem(file: str, line: int | None, said: str) -> TemplateProblem:
    where = f"{file}:{line}" if line else file
    ours = TEMPLATES in Path(file).parents and TEMPLATES / "products" not in Path(file).parents
    remedy = "put it back as the project has it" if ours else "or remove the file, and the next one of its name is used"
    return TemplateProblem(f"{where}: {said}; mend it, {remedy}")


@lru_cache(maxsize=64)
def _environment(fmt: str, folders: tuple[str, ...]) -> ImmutableSandboxedEnvironment:
    # Jinja takes longer to load than most changelogs to write, and the usual layout needs none.
    from jinja2 import FileSystemLoader, StrictUndefined, Undefined  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    if fmt not in FORMATS:
        raise ValueError(f"format {fmt!r}: unknown; choose one of {', '.join(FORMATS)}")

    def finalize(value: Any) -> Any:
        if isinstance(value, (Safe, Undefined)):
            return value
        return "" if value is None else escape(str(value), fmt)

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        finalize=finalize,
        autoescape=False,  # `finalize` escapes, for five formats instead of one
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        block=lambda text, indent="": block(text, fmt, indent),
        code=lambda text: code(text, fmt),
        code_block=lambda text, indent="": code_block(text, fmt, indent),
        link=lambda text, url: link(text, url, fmt),
        described=lambda change, web_url="": described(change, web_url, fmt),
        titled=lambda change: titled(change, fmt),
        pulled=lambda change, web_url="": pulled(change, web_url, fmt),
        commit=lambda change, web_url="": commit_link(change, web_url, fmt),
        aside=lambda change, web_url="": aside(change, web_url, fmt),
        change_link=lambda number, change, web_url="": change_link(number, change, web_url, fmt),
        closes=lambda change, web_url="": closed(change, web_url, fmt),
    )
    return environment


def _own_template(name: str, product: str | None) -> bool:
    """Whether there is a template in the place of ours."""
    return any((folder / name).is_file() for folder in template_folders(product)[:-1])


def changelog_markdown(changelog: Changelog, product: str | None = None) -> str:
    """The entry of a changelog file (keep-a-changelog): heading, sections, ends with a line break.

    Written by a team's own `changelog/entry.md.j2` or `changelog/change.md.j2` where there is one; otherwise without
    Jinja, twenty times as fast, in the layout of our templates of these names.
    """
    if _own_template("changelog/entry.md.j2", product) or _own_template("changelog/change.md.j2", product):
        return changelog_by_template(changelog, product)
    title = f"[{escape(changelog.version, 'md')}]"
    if changelog.compare_url:
        title = link(changelog.version, changelog.compare_url, "md")
    parts = [f"## {title} - {changelog.day}\n" if changelog.day else f"## {title}\n"]
    if changelog.remark:
        parts.append(f"\n{escape(changelog.remark, 'md')}\n")
    web_url = changelog.web_url
    for section in changelog.sections:
        parts.append(f"\n### {escape(section.title, 'md')}\n\n")
        parts += [item_md(change, web_url) for change in section.changes]
    return "".join(parts)


def changelog_by_template(changelog: Changelog, product: str | None = None) -> str:
    """The same by the template `changelog/entry.md.j2`."""
    return render("changelog/entry.md.j2", fmt="md", product=product, changelog=changelog).rstrip("\n") + "\n"


NOTES_FORMATS = ("md", "html", "plain")


def notes_text(notes: Notes, fmt: str, product: str | None = None) -> str:
    """Release notes for one audience by `notes/notes.<fmt>.j2`; `fmt` is one of NOTES_FORMATS. HTML is a whole page."""
    if fmt not in NOTES_FORMATS:
        raise ValueError(f"format {fmt!r}: notes are written in {', '.join(NOTES_FORMATS)}")
    from release_ops.domain.summary import TITLE  # noqa: PLC0415 - a changelog alone needs nothing of notes

    words = {"notes": notes, "changelog": notes.changelog, "summary_title": TITLE}
    return render(f"notes/notes.{fmt}.j2", fmt=fmt, product=product, **words).strip("\n") + "\n"


def notes_markdown(notes: Notes, product: str | None = None) -> str:
    """Release notes for one audience, for a page or the body of a GitHub release."""
    return notes_text(notes, "md", product)


def migration_markdown(changelog: Changelog, groups: Sequence[Group], product: str | None = None) -> str:
    """The migration guide of a release, by `guides/migration.md.j2`."""
    text = render("guides/migration.md.j2", fmt="md", product=product, changelog=changelog, groups=groups)
    return text.strip("\n") + "\n"


_BLANK_LINES = re.compile(r"\n{3,}")


def tidy(text: str) -> str:
    """Rendered text with at most one empty line between two others, none around it, and one line end."""
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n"
