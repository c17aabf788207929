"""The pages in Airflow's own API server: who may see them, what they show, and under which policy."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import pytest
from airflow.sdk.exceptions import AirflowNotFoundException

from release_ops.addresses import artifact_page
from release_ops.web import tables
from release_ops.web.artifacts import format_name, milestone_title, size_text, stem
from release_ops.web.markdown import markdown_html
from release_ops.web.responses import Problem, disposition
from release_ops.web.sections import SECTIONS

pytestmark = pytest.mark.xdist_group("web")
"""One server for all of them."""

ROOT = "/release-ops"
PAGES = (
    f"{ROOT}/releases",
    f"{ROOT}/artifacts/webapp/2.8.0",
    f"{ROOT}/artifacts/webapp/2.8.0/ga/changelog-2.8.0.md",
    f"{ROOT}/artifacts/webapp/2.8.0/ga/changelog-2.8.0.md?download=1",
    f"{ROOT}/artifacts/webapp/2.8.0/ga/changelog-2.8.0.md?raw=1",
)


def policy(response: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


# Who may see them


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_a_page_without_a_login(release, path):
    release.keep("ga", "changelog-2.8.0.md", "# secret")
    answer = release.stranger.get(path)
    assert answer.status_code == 401
    assert "secret" not in answer.text
    assert f"/team/api/v2/auth/login?next={quote('/team' + path, safe='')}" in answer.text
    assert release.reader.get(path).status_code == 200


def test_a_forged_login_is_refused_in_words(site):
    answer = site.stranger.get(f"{ROOT}/releases", headers={"Authorization": "Bearer forged"})
    assert answer.status_code == 403
    assert "Not for this login" in answer.text


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_what_fastapi_would_show_without_a_login_is_not_there(site, path):
    assert site.stranger.get(ROOT + path).status_code == 404


def test_the_way_in_leads_to_the_first_section(site):
    assert site.stranger.get(f"{ROOT}/").status_code == 401
    answer = site.reader.get(f"{ROOT}/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/team/release-ops/calendar")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(release, method):
    path = release.keep("ga", "changelog-2.8.0.md", "x")
    answer = release.reader.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_the_sections_are_in_airflows_navigation_with_their_icons(site):
    views = site.reader.get("/api/v2/plugins").json()
    views = [view for plugin in views["plugins"] for view in plugin["external_views"]]
    assert [(view["name"], view["href"]) for view in views] == [
        (section.title, f"release-ops{section.route}") for section in SECTIONS
    ]
    assert {view["category"] for view in views} == {"Release Ops"}
    for view in views:
        for icon in (view["icon"], view["icon_dark_mode"]):
            answer = site.reader.get("/" + icon)
            assert answer.headers["content-type"] == "image/svg+xml"
            assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
            assert site.stranger.get("/" + icon).status_code == 401
            assert site.reader.get("/" + icon.replace("/static/", "/static/0")).status_code == 404


# What they show


def test_without_a_release_the_list_says_how_one_begins(site):
    answer = site.reader.get(f"{ROOT}/releases")
    assert "No release has begun" in answer.text
    assert "release-ops init" in answer.text


def test_the_list_of_releases_leads_to_each(release):
    release.keep("ga", "changelog-2.8.0.md", "x")
    answer = release.reader.get(f"{ROOT}/releases")
    assert 'href="/team/release-ops/releases/webapp/2.8.0"' in answer.text
    assert "Search &lt;&amp; find&gt;" in answer.text


def test_a_release_that_has_left_nothing_yet_says_what_is_next(release):
    release.store.execute(
        "milestone_plan", product="webapp", version="2.8.0", kind="rc", planned_at=datetime(2026, 11, 20, 9, tzinfo=UTC)
    )
    answer = release.reader.get(f"{ROOT}/artifacts/webapp/2.8.0")
    assert "Next is Release candidate, planned for 2026-11-20 09:00 UTC." in answer.text


def test_artifacts_are_listed_by_milestone_with_format_size_and_time(release):
    for kind in ("ga", "alpha"):
        release.keep(kind, f"changelog-{kind}.md", "é")
    release.keep("alpha", "changelog-alpha.pdf", b"%PDF" + b"x" * 1500, "application/pdf")
    text = release.reader.get(f"{ROOT}/artifacts/webapp/2.8.0").text
    assert re.findall(r'<a href="#(\w+)">', text) == ["alpha", "ga"]
    assert re.findall(r'<h2 id="(\w+)">', text) == ["alpha", "ga"]
    assert text.index(">Alpha</h2>") < text.index("changelog-alpha.md") < text.index(">General availability</h2>")
    assert re.search(r"Markdown</td>\s*<td[^>]*>2 B<", text)
    assert re.search(r"PDF</td>\s*<td[^>]*>1.5 kB<", text)
    assert 'datetime="2026-11-20T09:30:00+00:00">2026-11-20 09:30 UTC<' in text
    # A frame of Airflow's cannot show a PDF, so it is there to be downloaded.
    assert 'artifacts/webapp/2.8.0/alpha/changelog-alpha.pdf"' not in text
    assert 'artifacts/webapp/2.8.0/alpha/changelog-alpha.pdf?download=1"' in text


def test_what_concerns_all_products_has_a_list_that_its_page_leads_to(site):
    site.store.execute(
        "artifact_save",
        **{"product": "*", "version": "calendar", "kind": "conflicts", "name": "conflicts.md"},
        media_type="text/markdown",
        content="## Conflicts",
        data=None,
        created_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    )
    shown = site.reader.get(f"{ROOT}{artifact_page('*', 'calendar', 'conflicts', 'conflicts.md')}")
    ((where, subject),) = re.findall(r'<a href="/team([^"#]*/artifacts/[^"#]*)#conflicts">([^<]*)</a>', shown.text)
    assert subject == "All products"
    listed = site.reader.get(where)
    assert listed.status_code == 200
    assert "conflicts.md</a>" in listed.text
    assert "<h1>All products</h1>" in listed.text
    told = site.reader.get(where, headers={"Accept": "application/json"}).json()
    assert (told["product"], told["state"]) == ("*", None)
    assert site.reader.get(f"{ROOT}/artifacts/webapp/9.9.9").status_code == 404


def test_markdown_is_shown_as_html_with_the_other_formats_beside_it(release):
    for ending, media_type in ((".slack.json", "application/json"), (".txt", "text/plain")):
        release.keep("alpha", f"changelog-2.8.0-alpha.1{ending}", "x", media_type)
    release.keep("alpha", "changelog-2.8.0-alpha.10.txt", "another", "text/plain")
    path = release.keep(
        "alpha", "changelog-2.8.0-alpha.1.md", "## Features\n\n- **api:** *new*\n\n| a |\n|---|\n| b |\n"
    )
    answer = release.reader.get(path)
    assert "<h2>Features</h2>" in answer.text
    assert "<strong>api:</strong> <em>new</em>" in answer.text
    assert "<td>b</td>" in answer.text
    (also,) = re.findall(r'<ul class="also".*?</ul>', answer.text, re.S)
    assert re.findall(r">([^<>\n]+)</(?:a|span)>", also) == ["Markdown", "Slack", "Plain text", "Download"]
    assert "alpha.10" not in answer.text


@pytest.mark.parametrize("media_type", ["application/json", "application/xml", "text/plain"])
def test_other_texts_are_shown_as_they_are(release, media_type):
    path = release.keep("ga", "x.txt", "<a>\n  \u202e& </pre><script>", media_type)
    assert "<pre>&lt;a&gt;\n  &amp; &lt;/pre&gt;&lt;script&gt;</pre>" in release.reader.get(path).text


def test_a_stored_page_is_shown_in_a_frame_without_rights(release):
    stored = "<!DOCTYPE html><p>hello<script>alert(1)</script>"
    path = release.keep("ga", "changelog-2.8.0.html", stored, "text/html")
    answer = release.reader.get(path)
    assert f'<iframe sandbox src="/team{path}?raw=1"' in answer.text
    assert "alert(1)" not in answer.text
    frame = release.reader.get(f"{path}?raw=1")
    assert frame.text == stored
    assert policy(frame)["sandbox"] == ""
    assert policy(frame)["default-src"] == "'none'"
    assert "script-src" not in policy(frame)


def test_a_pdf_is_shown_by_the_browser_or_saved(release):
    pdf = b"%PDF-1.7\n\x00\xff"
    path = release.keep("ga", "changelog-2.8.0.pdf", pdf, "application/pdf")
    shown, saved = release.reader.get(path), release.reader.get(f"{path}?download=1")
    assert shown.content == saved.content == pdf
    assert shown.headers["content-type"] == saved.headers["content-type"] == "application/pdf"
    assert shown.headers["content-disposition"].startswith("inline;")
    assert saved.headers["content-disposition"].startswith("attachment;")


def test_bytes_that_we_do_not_know_are_only_saved(release):
    for media_type in ("application/zip", "text/html", "image/svg+xml\r\nX-Evil: 1"):
        path = release.keep("ga", "x.bin", b"<script>", media_type)
        answer = release.reader.get(path)
        saved = answer.headers.get("content-disposition", "").startswith("attachment;")
        assert saved or policy(answer)["sandbox"] == ""
        assert "x-evil" not in answer.headers


def test_a_long_text_is_shown_to_a_line_and_saved_whole(release):
    text = "a line of text\n" * 40_000
    path = release.keep("ga", "long.txt", text, "text/plain")
    shown = release.reader.get(path)
    assert len(shown.content) < 250_000
    assert "This shows the beginning; the whole is 600.0 kB: download it." in shown.text
    assert "a line of text\n</pre>" in shown.text
    assert release.reader.get(f"{path}?download=1").text == text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/artifacts/webapp/9.9.9", "There is no release 9.9.9 of webapp."),
        ("/artifacts/webapp/2.8.0/ga/none.md", "has left nothing that is called none.md"),
        ("/artifacts/webapp/2.8.0/ga/%00%3Cb%3E.md", "has left nothing that is called &lt;b&gt;.md"),
        ("/nowhere", "There is nothing at this address."),
    ],
)
def test_what_is_not_there_is_said_in_words(release, path, words):
    answer = release.reader.get(ROOT + path)
    assert answer.status_code == 404
    assert words in answer.text


def test_a_database_without_our_tables_says_which_remedy_there_is(release):
    with release.store.connect() as connection:
        connection.execute("ALTER TABLE release_ops.release RENAME TO gone")
        try:
            answer = release.reader.get(f"{ROOT}/releases")
        finally:
            connection.execute("ALTER TABLE release_ops.gone RENAME TO release")
    assert answer.status_code == 503
    assert "Apply the migrations" in answer.text
    assert "relation" not in answer.text


def test_without_a_connection_the_page_says_where_to_add_it(monkeypatch):
    def absent():
        raise AirflowNotFoundException("The conn_id `release_ops_db` isn't defined")

    monkeypatch.setattr(tables, "open_store", absent)
    with pytest.raises(Problem) as problem:
        tables.tables()
    assert problem.value.status == 503
    assert "Admin, Connections" in problem.value.remedy


# How they are sent


@pytest.mark.parametrize("path", [*PAGES, f"{ROOT}/nowhere"])
def test_every_answer_has_a_strict_policy(release, path):
    release.keep("ga", "changelog-2.8.0.md", "x")
    for answer in (release.reader.get(path), release.stranger.get(path)):
        assert answer.headers["x-content-type-options"] == "nosniff"
        rules = policy(answer)
        assert rules["default-src"] == "'none'"
        assert rules["frame-ancestors"] == "'self'"
        assert answer.headers["cache-control"] == "private, no-cache"
        # No script but our own files: each is named by its hash in the policy and where it is loaded.
        scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", answer.text, re.S)
        assert not [text for _, text in scripts if text]
        hashes = [f"'{found}'" for attributes, _ in scripts for found in re.findall(r'integrity="([^"]+)"', attributes)]
        assert len(hashes) == len(scripts)
        assert rules.get("script-src", "'none'") == (" ".join(hashes) or "'none'")
        assert not re.search(r'\son\w+=|\sstyle="', answer.text)


def test_the_style_of_a_page_is_the_only_one_that_its_policy_allows(site):
    answer = site.reader.get(f"{ROOT}/releases")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.S)
    fingerprint = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy(answer)["style-src"] == f"'sha256-{fingerprint}'"
    assert "prefers-color-scheme: dark" in style


@pytest.mark.parametrize("suffix", ["", "?raw=1", "?download=1"])
def test_what_the_browser_has_is_not_sent_again(release, suffix):
    path = release.keep("ga", "changelog-2.8.0.md", "one") + suffix
    first = release.reader.get(path)
    tag = first.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', f'"other",{" " * 40_000}x, {tag}', "*"):
        again = release.reader.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert release.stranger.get(path, headers={"If-None-Match": tag}).status_code == 401
    release.keep("ga", "changelog-2.8.0.md", "two")
    assert release.reader.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_file_keeps_its_name_in_any_language(release):
    name = 'notes "ü" 版本; x.md'
    answer = release.reader.get(f"{release.keep('ga', name, 'x')}?download=1")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"notes ___ ___ x.md\"; filename*=UTF-8''notes%20%22%C3%BC%22%20%E7%89%88%E6%9C%AC%3B%20x.md"
    )


def test_inside_of_airflows_frame_there_is_no_second_airflow(site):
    outside = site.reader.get(f"{ROOT}/releases", headers={"Sec-Fetch-Dest": "document"})
    inside = site.reader.get(f"{ROOT}/releases", headers={"Sec-Fetch-Dest": "iframe"})
    assert 'href="/team/">Back to Airflow' in outside.text
    assert "Back to Airflow" not in inside.text
    assert "Sec-Fetch-Dest" in inside.headers["vary"]


# The pieces


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,hi)",
        "[x](/api/v2/dags)",
        "![x](https://example.org/track.png)",
        '<https://example.org/"onclick="x>',
        "[x]: javascript:alert(1)\n\n[x]",
        "```<img src=x onerror=y>\n<b>\n```",
    ],
)
def test_stored_markdown_brings_no_html_of_its_own(hostile):
    shown = markdown_html(hostile)
    tags = {tag.lower() for tag in re.findall(r"<\s*/?\s*(\w+)", shown)}
    assert tags <= {"p", "a", "pre", "code"}
    assert not re.search(r'<[^>]*\s(on\w+|src)=|href="(?!https?://)', shown)


def test_links_of_stored_markdown_lend_no_trust():
    assert markdown_html("[x](https://example.org)") == (
        '<p><a href="https://example.org" rel="nofollow noopener noreferrer">x</a></p>\n'
    )


def test_headings_begin_below_that_of_the_page_and_never_go_below_the_last():
    assert markdown_html("# a\n###### b") == "<h2>a</h2>\n<h6>b</h6>\n"
    assert markdown_html("### a\n#### b\n### c") == "<h2>a</h2>\n<h3>b</h3>\n<h2>c</h2>\n"


def test_names_of_formats_and_milestones_and_sizes():
    assert format_name("changelog-2.8.0.slack.json", "application/json") == "Slack"
    assert format_name("x.json", "application/json") == "JSON"
    assert format_name("x.zip", "application/zip") == "application/zip"
    assert [milestone_title(kind) for kind in ("alpha", "feature_complete", "rc")] == [
        "Alpha",
        "Feature complete",
        "Release candidate",
    ]
    assert [size_text(n) for n in (0, 999, 1000, 999_949, 999_950, 12_345_678)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "999.9 kB",
        "1.0 MB",
        "12.3 MB",
    ]
    assert stem("changelog-2.8.0-rc.1.slack.json") == stem("changelog-2.8.0-rc.1.md") == "changelog-2.8.0-rc.1"
    assert disposition("a.pdf", inline=True) == "inline; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"
