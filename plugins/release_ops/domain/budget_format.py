"""The columns of feeds of money: budget lines, costs, commitments and exchange rates."""

from __future__ import annotations

from collections.abc import Mapping

from release_ops.domain.feed_format import Column, FeedFormat

_VERSION = Column(
    name="version", kind="name", about="Release that it is for; empty: none in particular.", example="2.8.0"
)
_CATEGORY = Column(
    name="category",
    kind="category",
    required=True,
    about="Category of cost, one of `budget.categories`.",
    example="people",
)
_ITEM = Column(
    name="item",
    kind="name",
    about="What it is, in the same words everywhere: costs are compared with the budget of their item.",
    example="Engineers",
)
_AMOUNT = Column(
    name="amount", kind="money", required=True, about="Amount, with a point for decimals.", example="21250.00"
)
_CURRENCY = Column(
    name="currency", kind="currency", about="Its currency; empty: that of the product's budget.", example="EUR"
)


def _quantity(about: str, kind: str = "quantity") -> Column:
    return Column(name="quantity", kind=kind, about=about, example="250")


_UNIT = Column(name="unit", kind="name", about="What the quantity counts.", example="hours")

BUDGET_FORMATS: Mapping[str, FeedFormat] = {
    "budget_lines": FeedFormat(
        about="What may be spent. Beside it stands the plan of the product file; no line may be in both.",
        key=("version", "category", "item", "month"),
        columns=(
            _VERSION,
            _CATEGORY,
            _ITEM,
            Column(name="month", kind="month", required=True, about="Month that it is for.", example="2026-11"),
            _AMOUNT,
            _CURRENCY,
            _quantity("How much of it; with the quantity of the costs it tells price from volume."),
            _UNIT,
        ),
    ),
    "budget_actuals": FeedFormat(
        about="What was spent, booking by booking. A credit note is a negative amount.",
        key=("booking",),
        columns=(
            Column(name="booking", kind="name", required=True, about="Its id.", example="B-2026-1107"),
            _VERSION,
            _CATEGORY,
            _ITEM,
            Column(
                name="booked_on",
                kind="date",
                required=True,
                about="Day that it counts for; its exchange rate is that of this day.",
                example="2026-11-30",
            ),
            _AMOUNT,
            _CURRENCY,
            _quantity(
                "How much was bought; below 0 if it was given back, 0 if only its price was lowered.", "net_quantity"
            ),
            _UNIT,
            Column(
                name="used",
                kind="quantity",
                about="How much of the quantity was used, such as seats with a log-in; empty: unknown.",
                example="231",
            ),
        ),
    ),
    "budget_commitments": FeedFormat(
        about="What is ordered and not yet booked. When it is booked, its row leaves the feed.",
        key=("commitment",),
        columns=(
            Column(name="commitment", kind="name", required=True, about="Its id.", example="PO-881"),
            _VERSION,
            _CATEGORY,
            _ITEM,
            Column(
                name="due_on", kind="date", required=True, about="Day when it will be booked.", example="2026-12-15"
            ),
            _AMOUNT,
            _CURRENCY,
            _quantity("How much was ordered."),
            _UNIT,
        ),
    ),
    "exchange_rates": FeedFormat(
        about="Exchange rates. From its day until the next one of its pair, 1 `base` is worth `rate` of `quote`.",
        key=("base", "quote", "valid_on"),
        columns=(
            Column(name="base", kind="currency", required=True, about="Currency of which there is 1.", example="USD"),
            Column(
                name="quote",
                kind="currency",
                about="Currency that it is told in; empty: that of the product's budget.",
                example="EUR",
            ),
            Column(name="valid_on", kind="date", required=True, about="First day of the rate.", example="2026-11-02"),
            Column(name="rate", kind="rate", required=True, about="The rate, above 0.", example="0.9215"),
        ),
    ),
}
"""Stream to what its feed brings."""
