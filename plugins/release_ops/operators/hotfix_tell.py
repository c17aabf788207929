"""Who hears of an emergency, at each of its stations: at once, whatever the hour, and nothing too early."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from release_ops.domain.hotfix import Emergency
from release_ops.domain.model import Product
from release_ops.ledger import Ledger
from release_ops.operators import parts
from release_ops.operators.announce import tell


def tell_station(
    ledger: Ledger,
    run: Mapping[str, Any],
    emergency: Emergency,
    station: str,
    *,
    occasion: str = "",
    **facts: Any,
) -> dict[str, Any]:
    """One message per audience and channel, each once; of an embargoed release only to those who have to know of it."""
    product = parts.product_of(run)
    words = {"emergency": emergency, "station": station, "facts": facts}
    return tell(
        ledger,
        product,
        run,
        "hotfix",
        occasion or f":{station}",
        words,
        audiences=audiences_of(product, emergency, station),
    )


def audiences_of(product: Product, emergency: Emergency, station: str) -> tuple[str, ...]:
    """Audiences with a channel that hear of a station."""
    named = product.hotfix.audiences.get(station, ())
    found = tuple(product.channels) if "*" in named else tuple(one for one in named if one in product.channels)
    if emergency.is_embargoed:
        return tuple(one for one in product.channels if one in product.hotfix.embargo)
    return found
