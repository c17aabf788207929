"""What the demo's teams wrote: people, features, and the words of a few hundred commits of a web shop's front end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PEOPLE: dict[str, str] = {
    "ana": "Ana Alvarez <ana@example.org>",
    "ben": "Ben Bauer <ben@example.org>",
    "lena": "Lena Lindström <lena@example.org>",
    "omar": "Omar Okafor <omar@example.org>",
    "mia": "Mia Moreau <mia@example.org>",
    "yuki": "Yuki Yamada <yuki@example.org>",
}
BOT = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the application: what one sees of it, what it holds, and what it learnt."""

    name: str
    seen: tuple[str, ...]
    held: tuple[str, ...]
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """All that is told of one product. Templates are for what one sees, then for what is held."""

    product: str
    name: str
    about: str
    """What it is; the subject of the first commit begins with it."""
    before: str
    """Version before the first release that is told."""
    releases: tuple[tuple[str, int, int], ...]
    """Version, how many days before `today` it was released, how many commits led to it."""
    patch: tuple[str, int, int] | None
    """The same of a last release from a branch of its own."""
    ahead: int
    """Number of commits on the release that is under way."""
    scopes: tuple[Scope, ...]
    fixes: tuple[tuple[str, ...], tuple[str, ...]]
    others: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    housekeeping: tuple[tuple[str, str], ...]
    packages: tuple[str, ...]
    features: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    """Work under way: id of the feature in the product file, who, scope, subjects of its commits."""
    breaking: tuple[str, str, str, str] | None
    """Scope, subject, reason and note of a breaking change."""
    reports: Mapping[str, tuple[str, ...]]
    """Suite of tests to its cases, as the build reports them."""
    seed: int = 280
    by_change: bool = False
    """Users get every change within days, and not with the releases."""

    @property
    def root(self) -> str:
        """Message of the first commit."""
        return f"feat: import {self.about}"


SCOPES: tuple[Scope, ...] = (
    Scope(
        "checkout",
        ("the address form", "the order summary", "the terms checkbox", "the progress bar"),
        ("the delivery address", "the invoice address", "the order total", "the delivery date"),
        ("remember the last delivery address", "show the steps that are left", "offer pickup in the shop"),
    ),
    Scope(
        "basket",
        ("the voucher field", "the quantity selector", "the basket drawer"),
        ("the item count", "the subtotal", "the voucher", "the saved basket"),
        ("undo the removal of an item", "keep the basket for thirty days", "show stock while choosing a quantity"),
    ),
    Scope(
        "search",
        ("the search box", "the suggestion list", "the category filter", "the price slider"),
        ("the result count", "the last query", "the chosen filters"),
        ("forgive typing errors", "filter results by delivery time", "search by article number", "rank by popularity"),
    ),
    Scope(
        "catalogue",
        ("the product grid", "the size table", "the breadcrumb", "the stock badge"),
        ("the sort order", "the picture gallery", "the list of variants"),
        ("compare up to four products", "show recently seen products", "link to the size table"),
    ),
    Scope(
        "account",
        ("the login form", "the profile page", "the password meter"),
        ("the address book", "the session", "the newsletter choice", "the display name"),
        ("sign in with a passkey", "download all personal data", "confirm a changed mail address"),
    ),
    Scope(
        "payments",
        ("the payment form", "the card number field", "the list of payment methods"),
        ("the payment status", "the refund amount", "the receipt", "the chosen method"),
        ("store a card for the next order", "retry a declined payment", "send the receipt as PDF"),
    ),
    Scope(
        "orders",
        ("the order table", "the cancel button", "the parcel map"),
        ("the tracking link", "the return label", "the order mail", "the delivery note"),
        ("cancel an order within an hour", "print a return label", "follow a parcel on the map"),
    ),
    Scope(
        "i18n",
        ("the language menu", "the currency switch"),
        ("the chosen language", "the date format", "the Polish plural"),
        ("add a Dutch translation", "choose the language from the browser"),
    ),
    Scope(
        "a11y",
        ("the focus ring", "the skip link", "the error summary", "the dialog title"),
        ("the label of the menu button", "the page title"),
        ("announce changes of the basket", "respect reduced motion"),
    ),
    Scope(
        "api",
        (),
        ("the pagination link", "the error body", "the webhook payload", "the list of orders"),
        ("page through orders with a cursor", "send a webhook when an order ships"),
    ),
)

# Templates for what one sees, then for what is held.
FIXES = (
    (
        "align {thing} on narrow screens",
        "show {thing} in Safari 16",
        "reach {thing} with the tab key",
        "stop {thing} from jumping while pictures load",
        "print {thing} in black on white",
        "keep {thing} open when the page is zoomed",
        "give {thing} back its hover state",
        "translate the hint of {thing}",
    ),
    (
        "keep {thing} after a reload",
        "do not send {thing} twice",
        "update {thing} when the tab comes back",
        "escape {thing} in mails",
        "log why {thing} could not be loaded",
        "stop a race that lost {thing}",
        "show {thing} of cancelled orders",
        "wait for {thing} before the page is shown",
    ),
)
OTHERS = {
    "perf": (
        ("load {thing} only when it is visible", "render {thing} without a second layout"),
        ("cache {thing} per page", "ask for {thing} once instead of per item"),
    ),
    "docs": (("describe {thing} for support",), ("explain where {thing} comes from", "list what changes {thing}")),
    "refactor": (
        ("move {thing} into its own module", "replace the mixin behind {thing}"),
        ("type {thing} strictly", "keep {thing} in one place"),
    ),
    "test": (("cover {thing} end to end",), ("cover {thing} with a contract test",)),
    "style": (("sort the imports around {thing}",), ()),
}
HOUSEKEEPING: tuple[tuple[str, str], ...] = (
    ("ci", "run the end-to-end tests in two shards"),
    ("ci", "cache the browser downloads"),
    ("build", "emit source maps for the error tracker"),
    ("chore", "drop the polyfill of a browser that nobody uses"),
    ("ci", "scan dependencies every night"),
    ("build", "split the vendor bundle"),
    ("chore", "renew the test certificates"),
    ("ci", "upload coverage of the unit tests"),
)
PACKAGES: tuple[str, ...] = ("vite", "vitest", "playwright", "typescript", "eslint", "postcss", "zod", "date-fns")
REASONS: dict[str, tuple[str, ...]] = {
    "feat": (
        "The most wanted entry of the customer survey.",
        "Behind no flag: the A/B test of last month showed fewer abandoned baskets.",
    ),
    "fix": (
        "Support sees a handful of these a week; the trace always ends here.",
        "Found while rehearsing the deployment.",
        "Customers abroad were hit most.",
        "It came in with the last update of the design system.\n\nThe test fails without the change.",
    ),
    "perf": ("Measured on the slowest phone of the lab: a third of a second less.",),
    "refactor": ("The old shape came from a time when the page was rendered on the server.", "No change in behaviour."),
    "house": ("The build had become the slowest part of a review.",),
}

# The work on the release under way. Feature ids are those of include/products/demo.yaml.
FEATURES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("WEB-201", "ben", "checkout", ("put the whole checkout on one page", "validate the checkout while typing")),
    ("WEB-202", "lena", "checkout", ("suggest addresses while typing", "fill city and postcode from a suggestion")),
    ("WEB-203", "omar", "payments", ("pay by bank transfer", "match incoming bank transfers with orders")),
    ("WEB-204", "ben", "account", ("order as a guest, without an account", "turn a guest order into an account")),
    ("WEB-205", "lena", "basket", ("show the delivery date in the basket",)),
    ("WEB-206", "omar", "basket", ("combine vouchers", "explain why a voucher does not apply")),
    ("WEB-207", "mia", "a11y", ("reach every dialog by keyboard", "return the focus when a dialog closes")),
    ("WEB-208", "mia", "orders", ("download the order history as CSV",)),
    ("WEB-209", "lena", "catalogue", ("serve product pictures in AVIF",)),
    ("WEB-210", "mia", "ui", ("add a dark colour scheme", "follow the colour scheme of the system")),
    ("WEB-211", "omar", "orders", ("prepare gift wrapping behind a flag",)),
)
BREAKING = (
    "api",
    "answer dates in UTC only",
    "Partners read the local times of orders wrongly twice a year.",
    "order dates in the partner API end in Z; convert them where you show them",
)
SUITES: Mapping[str, tuple[str, ...]] = {
    "integration": ("stock service", "payment provider", "address service", "mail service", "parcel tracking"),
    "system": ("order as a guest", "order with an account", "return an item", "cancel an order", "combine vouchers"),
    "acceptance": ("one-page checkout", "bank transfer", "address suggestions", "order history as CSV", "dark colours"),
    "performance": ("first paint under 1.2 s", "search under 80 ms", "basket under 50 ms", "checkout under 150 ms"),
    "load": ("400 orders per minute", "2000 searches per second", "a sale day of four hours", "recovery after a peak"),
}

WEBAPP = Story(
    product="webapp",
    name="Webapp",
    about="the web shop's front end",
    before="2.4.0",
    releases=(("2.5.0", 259, 40), ("2.6.0", 182, 110), ("2.6.1", 161, 18), ("2.7.0", 91, 90)),
    patch=("2.7.1", 63, 9),
    ahead=118,
    scopes=SCOPES,
    fixes=FIXES,
    others=OTHERS,
    housekeeping=HOUSEKEEPING,
    packages=PACKAGES,
    features=FEATURES,
    breaking=BREAKING,
    reports=SUITES,
)
