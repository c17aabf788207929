"""The pages in a real Chromium: for whoever uses a keyboard, a screen reader, a telephone, the dark, or no script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from release_ops.web.metrics_words import MEASURES
from tests.web.conftest import Site

pytestmark = pytest.mark.xdist_group("web")

ROOT = "/release-ops"
SCREENS = [(scheme, width) for scheme in ("light", "dark") for width in (360, 800, 1440)]
READ = {("light", 1440), ("dark", 360)}
"""Those on which every rule of accessibility is checked, which takes longest."""


class Shown(NamedTuple):
    """A page, what must be visible on it, and what it answers: to a user, to a stranger."""

    path: str
    words: str
    status: int = 200
    stranger: int = 401


PAGES = {
    "calendar": Shown("/calendar", "Search service with quite a long name"),
    "calendar of one product": Shown("/calendar?product=shop", "Table of the same"),
    "calendar of a month": Shown("/calendar?period=month", "This month"),
    "calendar as a table": Shown("/calendar?view=table&product=ios", "Support end"),
    "calendar without an entry": Shown("/calendar?product=nobody", "Choose another period"),
    "calendar of no period": Shown("/calendar?from=2026-12-01&until=2026-11-01", "exchange the two", 400),
    "releases": Shown("/releases", "webapp 2.8.0"),
    "release": Shown("/releases/webapp/2.8.0", "webapp 2.8.0"),
    "releases that are out": Shown("/releases?state=released", "webapp 2.7.0"),
    "release that has only begun": Shown("/releases/shop/3.1.0", "planning takes the first look"),
    "messages of a release": Shown("/releases/webapp/2.8.0/messages", "support@example.org"),
    "changes of a release": Shown("/releases/webapp/2.8.0/changes", "change number 4"),
    "deployments": Shown("/deployments", "What runs where"),
    "deployment": Shown("/deployments/webapp:2.8.0:production:1", "What was measured"),
    "deployment that waits": Shown("/deployments/webapp:2.8.0:staging:1", "answer it under Required Actions"),
    "health": Shown("/health", "GA is on time with a chance of 50 %"),
    "health report": Shown("/health/webapp/2.8.0", "Why it is yellow"),
    "budget": Shown("/budget", "Together, October 2026"),
    "budget of nothing known": Shown("/budget?month=2020-01", "No budget of this is closed."),
    "budget of a product": Shown("/budget/webapp", "What the money could do"),
    "budget that there is not": Shown("/budget/nobody", "No month of nobody is closed.", 404),
    "capacity": Shown("/capacity", "Answer it in Airflow"),
    "capacity of a team file": Shown("/capacity/crew", "What rests on few people"),
    "capacity without a plan": Shown("/capacity/crew?day=2026-11-09", "What rests on few people"),
    "no such team file": Shown("/capacity/nobody", "There is no review", 404),
    "metrics": Shown("/metrics", "Deployment rework rate"),
    "metrics of a product": Shown("/metrics/webapp?period=month", "Month by month"),
    "metrics of nothing known": Shown("/metrics/shop", "How fresh it is"),
    "scorecards": Shown("/scorecards", "Freeze to production"),
    "failed deployments": Shown(
        "/metrics/webapp/deployments?environment=production&since=2026-06-01&until=2026-12-01&sort=failed",
        "failed: incident",
    ),
    "artifacts of a release": Shown("/artifacts/webapp/2.8.0", "changelog-2.8.0.md"),
    "artifact": Shown("/artifacts/webapp/2.8.0/ga/changelog-2.8.0.md", "Features"),
    "no such release": Shown(f"/releases/webapp/{'9' * 200}", "There is no release", 404),
    "metrics of no such place": Shown("/metrics?environment=nowhere", "Nothing is known of the environment"),
    "no such page": Shown("/nowhere", "There is nothing at this address.", 404, 404),
}
"""Every page; who adds one adds it here."""


@dataclass
class Tab:
    """A page of the browser that remembers what went wrong in it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error(`${e.violatedDirective}: ${e.blockedURI}`))"
        )
        self.page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def open(self, address: str, status: int = 200) -> Page:
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == status
        # The browser itself reports an answer such as 404 as an error of the page.
        self.wrong[:] = [one for one in self.wrong if f"status of {status}" not in one]
        return self.page


Open = Callable[..., Tab]


@pytest.fixture
def site(scenery: Site) -> Site:
    """Nothing here writes into our tables."""
    return scenery


@pytest.fixture
def tab_of(site: Site, chromium: Browser) -> Iterator[Open]:
    """Makes a tab of a user's browser, or of a stranger's for an empty name; the releases have all that there can be."""
    made: list[BrowserContext] = []

    def make(user: str = "vera", **options: Any) -> Tab:
        context = chromium.new_context(**options)
        # Nothing leaves this machine.
        context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.fulfill(body="elsewhere"))
        if user:
            context.add_cookies([{"name": "_token", "value": site.tokens[user], "url": site.url}])
        made.append(context)
        return Tab(context.new_page())

    yield make
    for context in made:
        context.close()


def violations(page: Page) -> list[str]:
    """What breaks a rule of accessibility (axe)."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}" for one in found]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_screen_and_is_readable_in_both_colours(site, tab_of, name):
    shown = PAGES[name]
    tab = tab_of()
    page = tab.open(site.url + ROOT + shown.path, shown.status)
    for scheme, width in SCREENS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        expect(page.locator("main").get_by_text(shown.words).locator("visible=true").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (scheme, width)
        if (scheme, width) in READ:
            assert violations(page) == [], (scheme, width)
    assert page.evaluate("['h1', 'main', 'header'].map(one => document.querySelectorAll(one).length)") == [1, 1, 1]
    assert tab.wrong == []


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_is_asked_to_log_in_and_sees_nothing(site, tab_of, name):
    tab = tab_of("")
    page = tab.open(site.url + ROOT + PAGES[name].path, PAGES[name].stranger)
    expect(page.get_by_role("navigation")).to_have_count(0)
    if PAGES[name].stranger == 401:
        expect(page.get_by_role("link", name="Log in")).to_be_visible()
    assert not re.search(r"shop|webapp|billing|2\.8", page.locator("body").inner_text(), re.IGNORECASE)
    assert tab.wrong == []


def test_the_table_of_metrics_needs_no_scrolling_on_a_notebook(site, tab_of):
    page = tab_of(viewport={"width": 1280, "height": 800}).open(site.url + ROOT + "/metrics/webapp")
    frame = page.get_by_role("region", name="Figures by week")
    assert frame.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_on_a_telephone_every_value_of_the_overview_has_its_name(site, tab_of):
    page = tab_of(viewport={"width": 380, "height": 800}).open(site.url + ROOT + "/metrics")
    names = (
        page.locator("table.named tbody tr")
        .first.locator("td")
        .evaluate_all("all => all.map(one => getComputedStyle(one, '::before').content)")
    )
    assert [name.strip('"') for name in names] == [measure.title for measure in MEASURES]


def test_a_timeline_that_is_wider_than_the_screen_opens_on_today(site, tab_of):
    page = tab_of(viewport={"width": 380, "height": 800}).open(site.url + ROOT + "/calendar")
    frame = page.get_by_role("region", name="Timeline")
    assert frame.evaluate("one => one.scrollWidth > one.clientWidth")
    assert page.locator(".scale .today").evaluate(
        """one => { const seen = one.getBoundingClientRect(), frame = one.closest(".timeline").getBoundingClientRect(),
            names = one.closest(".axis").querySelector(".who").getBoundingClientRect();
            return seen.left > names.right && seen.right < frame.right; }"""
    )


def focused(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        """() => { const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
        return {tag: one.tagName, words: one.name || one.innerText, visible: box.width > 0 && box.right > 0,
                outlined: style.outlineStyle !== 'none', within: one.closest('[aria-hidden]') !== null}; }"""
    )
    return found


def test_a_keyboard_reaches_everything_in_order_and_shows_where_it_is(site, tab_of):
    page = tab_of().open(f"{site.url}{ROOT}/calendar?product=shop")
    page.keyboard.press("Tab")
    assert focused(page)["words"] == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.reload()
    walked = []
    for _ in range(80):
        page.keyboard.press("Tab")
        if (stop := focused(page))["tag"] == "BODY":
            break
        assert stop["visible"], stop
        assert stop["outlined"], stop
        assert not stop["within"], stop
        walked.append(stop["words"])
    names = ["Calendar", "Releases", "Back to Airflow", "product", "type", "kind", "state", "from", "until", "Show"]
    places = [walked.index(name) for name in [*names, "This quarter", "Table", "Shop <&> co"]]
    assert places == sorted(places)


def test_a_form_is_sent_by_the_keyboard_and_says_only_what_was_chosen(site, tab_of):
    tab = tab_of()
    page = tab.open(f"{site.url}{ROOT}/calendar")
    page.get_by_label("Product").fill("Iphone")
    page.get_by_label("State").select_option("Missed")
    with page.expect_navigation():
        page.get_by_label("Product").press("Enter")
    assert "type=" not in page.url
    assert "product=Iphone" in page.url
    expect(page.get_by_role("heading", name="iPhone app").first).to_be_visible()
    expect(page.get_by_role("heading", name="Public API")).to_have_count(0)
    assert page.get_by_role("row").filter(has_text="missed").count() == 1
    assert tab.wrong == []


def test_without_a_script_all_of_it_works(site, tab_of):
    page = tab_of(java_script_enabled=False).open(f"{site.url}{ROOT}/calendar")
    page.get_by_label("Release type").select_option("Major")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Billing").first).to_be_visible()
    expect(page.get_by_role("heading", name="iPhone app")).to_have_count(0)
    page.get_by_role("link", name="Table", exact=True).click()
    expect(page.get_by_role("columnheader", name="Planned").first).to_be_visible()
    page.get_by_role("link", name="Later").click()
    assert "view=table" in page.url
    assert "type=major" in page.url


# Inside of Airflow


def test_airflows_navigation_leads_to_the_pages_and_keeps_their_address(site, tab_of):
    page = tab_of().open(f"{site.url}/plugins")
    page.get_by_role("button", name="Plugins").click()
    page.get_by_role("menuitem", name="Release Ops").hover()
    page.get_by_role("menuitem", name="Calendar").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Calendar")).to_be_visible()
    expect(frame.get_by_role("link", name="Back to Airflow")).to_have_count(0)
    frame.get_by_role("link", name="This month").click()
    expect(frame.get_by_text("This month")).to_have_attribute("aria-current", "true")
    page.wait_for_url(re.compile(r"/team/plugin/release-calendar/.*period=month"))


def test_the_pages_follow_airflows_colours(site, tab_of):
    page = tab_of(color_scheme="light").open(f"{site.url}/plugin/release-calendar")
    body = page.frame_locator("iframe").locator("body")
    expect(body).to_have_css("color-scheme", "light")
    page.evaluate("document.documentElement.className = 'dark'")
    expect(body).to_have_css("color-scheme", "dark")
    page.evaluate("document.documentElement.className = 'light'")
    expect(body).to_have_css("color-scheme", "light")


def test_outside_of_airflow_the_colours_are_those_that_were_chosen_there(site, tab_of):
    page = tab_of(color_scheme="light").open(f"{site.url}{ROOT}/calendar")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.reload()
    expect(page.locator("body")).to_have_css("color-scheme", "dark")


def test_a_link_to_another_site_opens_a_window_from_within_airflows_frame(site, tab_of):
    tab = tab_of()
    page = tab.open(f"{site.url}/plugin/releases/team/release-ops/artifacts/webapp/2.8.0/ga/changelog-2.8.0.md")
    link = page.frame_locator("iframe").get_by_role("link", name="one")
    with page.context.expect_page() as opened:
        link.click()
    opened.value.wait_for_url("https://github.example.org/pull/1")
    assert opened.value.evaluate("window.opener") is None
    expect(link).to_be_visible()


def test_who_may_see_one_section_gets_no_other(site, tab_of):
    page = tab_of("carla").open(f"{site.url}{ROOT}/calendar")
    expect(page.get_by_role("navigation", name="Sections").get_by_role("link")).to_have_text(["Calendar"])
    assert page.locator("main a[href*='/releases/']").count() == 0
    page = tab_of("carla").open(f"{site.url}{ROOT}/releases", 403)
    expect(page.get_by_text("your login may not read one of the release DAGs")).to_be_visible()


# Charts


DRAWN = """() => [...document.querySelectorAll("figure[data-chart]")].map(one => ({
    width: one.querySelector("canvas").getBoundingClientRect().width, words: one.querySelector(".drawn").ariaLabel}))"""


@pytest.mark.parametrize(
    ("path", "charts"),
    [
        ("/metrics/webapp", 5),
        ("/metrics/webapp?period=month", 5),
        ("/health/webapp/2.8.0", 3),
        ("/budget/webapp", 5),
        ("/capacity/crew", 1),
    ],
)
def test_charts_are_drawn_under_the_strict_policy_and_say_what_they_show(site, tab_of, path, charts):
    tab = tab_of()
    page = tab.open(site.url + ROOT + path)
    expect(page.locator("figure[data-drawn]")).to_have_count(charts)
    for one in page.evaluate(DRAWN):
        assert one["width"] > 150
        assert one["words"]
    policy = page.evaluate("fetch(location.href).then(one => one.headers.get('content-security-policy'))")
    assert "unsafe" not in policy
    assert tab.wrong == []


def test_a_chart_tells_what_is_pointed_at(site, tab_of):
    page = tab_of().open(f"{site.url}{ROOT}/metrics/webapp")
    # Each chart that is drawn moves those below it.
    expect(page.locator("figure[data-drawn]")).to_have_count(5)
    canvas = page.locator("figure[data-drawn] canvas").nth(1)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    for step in range(30, 90, 4):
        page.mouse.move(box["x"] + box["width"] * step / 100, box["y"] + box["height"] * 0.6)
        if page.locator(".tip").is_visible():
            break
    expect(page.locator(".tip")).to_contain_text(
        re.compile(r"week: 2026-\d\d-\d\d.*Lead time for changes: \d d", re.DOTALL)
    )


def test_charts_follow_the_colours_of_the_page(site, tab_of):
    tab = tab_of(color_scheme="light")
    page = tab.open(f"{site.url}{ROOT}/health/webapp/2.8.0")
    expect(page.locator("figure[data-drawn]")).to_have_count(3)
    with page.expect_response(re.compile(r"/charts/burn-up\?.*theme=dark")):
        page.emulate_media(color_scheme="dark")
    with page.expect_response(re.compile(r"/charts/burn-up\?.*theme=light")):
        page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert tab.wrong == []


@pytest.mark.parametrize("path", ["/metrics/webapp", "/health/webapp/2.8.0"])
def test_without_a_script_the_pictures_of_the_page_stay(site, tab_of, path):
    page = tab_of(java_script_enabled=False).open(site.url + ROOT + path)
    expect(page.locator("figure svg[role=img]").first).to_be_visible()
    expect(page.locator("canvas")).to_have_count(0)


def test_a_chart_that_cannot_be_had_leaves_the_picture(site, tab_of):
    tab = tab_of()
    tab.page.route(re.compile("/charts/"), lambda route: route.fulfill(status=200, body="no JSON"))
    page = tab.open(f"{site.url}{ROOT}/metrics/webapp")
    with page.expect_console_message(lambda message: "cannot be drawn" in message.text):
        page.reload()
    expect(page.locator("figure[data-drawn]")).to_have_count(0)
    expect(page.locator("figure svg").first).to_be_visible()
