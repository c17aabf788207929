"""What the team of the demo's second product wrote: the API that the web shop and its partners call."""

from __future__ import annotations

from quickstart.demo_history import Scope, Story

_SCOPES = (
    Scope(
        "orders",
        (),
        ("the order total", "the delivery date", "the list of orders", "the cancellation"),
        ("filter orders by state", "cancel several orders at once", "tell why an order was refused"),
    ),
    Scope(
        "catalogue",
        (),
        ("the stock level", "the price list", "the list of variants", "the category tree"),
        ("ask for many articles in one call", "tell when an article is back in stock"),
    ),
    Scope(
        "payments",
        (),
        ("the refund", "the payment status", "the receipt", "the currency"),
        ("refund a part of an order", "list what a customer paid"),
    ),
    Scope(
        "customers",
        (),
        ("the address book", "the consent", "the newsletter choice"),
        ("export all data of a customer", "merge two accounts"),
    ),
    Scope(
        "webhooks",
        (),
        ("the webhook payload", "the signature", "the retry queue"),
        ("retry a webhook for a day", "sign every webhook", "show the last deliveries of a webhook"),
    ),
    Scope(
        "auth",
        (),
        ("the access token", "the list of scopes", "the rate limit"),
        ("rotate a key without a gap", "limit a key to some addresses"),
    ),
)
_FIXES = (
    (),
    (
        "answer 409 instead of 500 when {thing} changed meanwhile",
        "check {thing} before it is stored",
        "do not send {thing} twice",
        "stop a race that lost {thing}",
        "log why {thing} could not be read",
        "give up after two seconds on {thing}",
        "escape {thing} in the audit log",
        "read {thing} from the primary after a write",
        "keep the order of {thing} between pages",
    ),
)
_OTHERS = {
    "perf": ((), ("read {thing} with one query", "cache {thing} for a minute")),
    "docs": ((), ("describe {thing} in the reference", "show a call that changes {thing}")),
    "refactor": ((), ("move {thing} into its own module", "keep {thing} in one place")),
    "test": ((), ("cover {thing} with a contract test", "cover {thing} under load")),
    "style": ((), ()),
}

API = Story(
    product="shop-api",
    name="Shop API",
    about="the API of the web shop",
    before="1.1.0",
    releases=(("1.2.0", 196, 70), ("1.3.0", 133, 84), ("1.4.0", 56, 100)),
    patch=None,
    ahead=64,
    scopes=_SCOPES,
    fixes=_FIXES,
    others=_OTHERS,
    housekeeping=(
        ("ci", "start the database of the tests once"),
        ("build", "publish the description of the API with every build"),
        ("chore", "drop the client of the old parcel service"),
        ("ci", "scan the image every night"),
    ),
    packages=("fastify", "ajv", "pg", "pino", "undici", "vitest", "typescript", "zod"),
    features=(
        ("API-41", "yuki", "payments", ("refund a part of an order by article", "tell what is left to refund")),
        ("API-42", "omar", "webhooks", ("repeat a webhook on request",)),
        ("API-43", "yuki", "orders", ("page through orders by time",)),
        ("API-48", "omar", "orders", ("cancel a part of an order",)),
        ("API-44", "mia", "auth", ("show when a key was last used",)),
        ("API-49", "mia", "payments", ("give receipts as data",)),
        ("API-50", "yuki", "catalogue", ("offer delivery windows", "close full delivery windows")),
        ("API-51", "omar", "auth", ("limit a key to one shop",)),
    ),
    breaking=None,
    reports={
        "integration": ("order service", "payment provider", "message queue"),
        "system": ("order to delivery", "partial refund", "webhook with retries"),
        "acceptance": ("partner onboarding", "refund by article"),
        "performance": ("orders under 60 ms", "catalogue under 40 ms"),
        "load": ("900 calls per second", "recovery after a peak"),
    },
    seed=150,
    by_change=True,
)
