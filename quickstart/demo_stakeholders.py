"""What the stakeholders of the demo have heard: the product's own looks at what is due, as of the last weeks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from release_ops.domain.model import Product
from release_ops.ledger import Ledger
from release_ops.operators.stakeholder_texts import Texts
from release_ops.operators.stakeholders import Delivery
from release_ops.stakeholder_plan import plan
from release_ops.store import Store

DAYS = 30
"""So many days ago the registers were written."""
MORNING = time(9, 5)
AGAIN = (timedelta(minutes=20), timedelta(hours=2), timedelta(hours=7))
"""After the morning's look, where something was refused."""
RUN = "quickstart__past"


def tell_updates(store: Store, products: Sequence[Product], at: datetime) -> int:
    """Send what was due before `at`, day by day; the number of messages. What was sent before is not sent again."""
    if store.all("stakeholders_of"):
        return 0
    sent = 0
    for morning in _mornings(at, ZoneInfo(products[0].timezone)):
        for moment in (morning, *(morning + later for later in AGAIN)):
            counts = _look(store, products, moment) if moment < at else {}
            sent += counts.get("sent", 0)
            if not counts.get("failed"):
                break
    return sent


def _look(store: Store, products: Sequence[Product], moment: datetime) -> dict[str, int]:
    registers = {one.id: (one, one.stakeholders.people) for one in products}
    found = plan(store, registers, whole=True, now=moment)
    return Delivery(Ledger(store), registers, found, Texts(store, registers, moment), moment, RUN).send_all()


def _mornings(at: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    today = at.astimezone(zone).date()
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        if day.weekday() < 5:
            yield datetime.combine(day, MORNING, zone).astimezone(UTC)
