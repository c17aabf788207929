"""The PDF, read back by another program's parser."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from pypdf import PdfReader

from release_ops.changelog_formats import CHANGELOG_FORMATS, history
from release_ops.changelog_json import changelog_data
from release_ops.changelog_pdf import changelogs_pdf, pdf_data
from release_ops.domain.changelog import Changelog
from release_ops.escaping import clean, one_line, without_pull
from release_ops.render import TemplateProblem
from tests.hostile import HOSTILE, MESSAGES, WEB, changelog

COMPARE = f"{WEB}/compare/v2.7.0...v2.8.0"


def read(*found: Changelog) -> PdfReader:
    return PdfReader(io.BytesIO(changelogs_pdf(found)))


def text_of(reader: PdfReader) -> str:
    """What stands on the pages, without direction marks and blanks: where lines break is the typesetter's business."""
    return squeezed("".join(page.extract_text() for page in reader.pages))


def squeezed(text: str) -> str:
    return "".join(clean(text).split())


def links_of(reader: PdfReader) -> set[str]:
    annotations = [one.get_object() for page in reader.pages for one in page.get("/Annots", ())]
    return {one["/A"]["/URI"] for one in annotations if "/URI" in one.get("/A", {})}


def test_a_pdf_says_what_the_changelog_says() -> None:
    found = changelog(
        "feat(api)!: drop v1 (#12)\n\nBREAKING CHANGE: use v2\n\nCloses #7", web_url=WEB, compare_url=COMPARE
    )
    reader = read(found)
    text = text_of(reader)
    for part in ("Webapp 2.8.0", "2026-11-20", "Breaking changes", "api: drop v1 (#12, 0000000, closes #7)", "use v2"):
        assert squeezed(part) in text
    commit = found.changes[0].id
    assert links_of(reader) == {COMPARE, f"{WEB}/pull/12", f"{WEB}/commit/{commit}", f"{WEB}/issues/7"}
    assert reader.metadata is not None
    assert reader.metadata.title == "Webapp 2.8.0"
    assert str(reader.metadata.creation_date) == "2026-11-20 00:00:00+00:00"


def test_version_and_day_are_one_heading() -> None:
    (page,) = read(changelog("fix: x")).pages
    assert "2.8.0 - 2026-11-20" in page.extract_text()


@pytest.mark.parametrize("messages", [(), ("chore: x",)])
def test_a_pdf_without_changes_says_so(messages: tuple[str, ...]) -> None:
    said = "Maintenanceonly" if messages else "Nochanges:thesameasv2.7.0."
    assert said in text_of(read(changelog(*messages)))


@pytest.mark.parametrize(
    "text",
    ["支持中文", "日本語のテスト", "한국어", "Ελληνικά", "Кириллица", "é ő ß ł", "ไทย", "हिन्दी", "🎉 ✨", "עברית"],
)
def test_texts_of_many_scripts_have_glyphs_and_can_be_copied(text: str) -> None:
    reader = read(changelog(f"feat: {text}"))
    shown = text_of(reader)
    # Hebrew is stored in the order in which it is seen.
    assert squeezed(text) in shown or squeezed(text)[::-1] in shown


def test_a_text_that_no_person_wrote_is_shown_in_part_and_attached_whole() -> None:
    long = "word " * 40_000
    found = changelog(f"feat!: short\n\nBREAKING CHANGE: {long}the very end")
    made = read(found)
    assert len(made.pages) < 5
    assert "thewholetextisattachedtothisdocument" in text_of(made)
    (attached,) = made.attachments["changelog.json"]
    assert "the very end" in attached.decode()


def test_what_no_font_can_show_is_in_the_attached_data() -> None:
    found = changelog("feat: a 𒀀𒀁 b", "fix: ꦗꦮ")
    (attached,) = read(found).attachments["changelog.json"]
    assert json.loads(attached) == [changelog_data(found)]


def test_the_same_changelog_gives_the_same_bytes() -> None:
    found = changelog(*(f"feat: {text}" for text in HOSTILE), web_url=WEB)
    assert changelogs_pdf([found]) == changelogs_pdf([found])


def test_a_history_is_one_pdf() -> None:
    (made,) = history([changelog("feat: one"), changelog("fix: two").named("2.7.0")], "pdf")
    assert isinstance(made, bytes)
    text = text_of(PdfReader(io.BytesIO(made)))
    assert text.index("one") < text.index("2.7.0") < text.index("two")
    assert PdfReader(io.BytesIO(changelogs_pdf([]))).pages


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.isascii()])
def test_what_a_commit_says_is_never_typst(text: str) -> None:
    reader = read(changelog(f"feat: x{text}", web_url=WEB))
    line = one_line(text.partition("\n")[0])
    assert squeezed(f"x{line}") in text_of(reader).replace("-\n", "")
    assert all(link.startswith(WEB) for link in links_of(reader))


@given(MESSAGES)
@settings(max_examples=15)
def test_hostile_commits_in_a_pdf(messages: list[str]) -> None:
    found = changelog(*messages, web_url=WEB)
    data = pdf_data(found)
    assert json.loads(json.dumps(data)) == data
    texts = [change["text"] for section in data["sections"] for change in section["changes"]]
    changes = [change for section in found.sections for change in section.changes]
    assert [text.replace("\u200b", "") for text in texts] == [
        one_line(without_pull(change.description)[0]) for change in changes
    ]
    assert all(link.startswith(WEB) for link in links_of(read(found)))


def test_a_long_word_is_broken_and_not_cut() -> None:
    shown = text_of(read(changelog(f"feat: {'x' * 5000}")))
    assert shown.count("x") == 5000


def test_a_product_s_own_layout_with_a_picture_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "products" / "shop" / "changelog"
    folder.mkdir(parents=True)
    (folder / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    own = '#image("logo.svg")\n#let found = json(bytes(sys.inputs.changelogs))\nOur #found.first().version'
    (folder / "changelog.typ").write_text(own)
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))
    made = CHANGELOG_FORMATS["pdf"].write(changelog(), "shop")
    assert isinstance(made, bytes)
    assert "Our2.8.0" in text_of(PdfReader(io.BytesIO(made)))


def test_a_broken_layout_is_named_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "changelog").mkdir()
    (tmp_path / "changelog" / "changelog.typ").write_text("fine\n#nope()\n")
    monkeypatch.setenv("RELEASE_OPS_TEMPLATES", str(tmp_path))
    with pytest.raises(TemplateProblem) as found:
        changelogs_pdf([changelog()])
    assert "unknown variable: nope" in str(found.value)
    assert "changelog.typ:2" in str(found.value)
    assert "remove the file" in str(found.value)
