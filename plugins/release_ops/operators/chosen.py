"""What a run is about: everything that applies, or the one product or release that somebody named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.model import Product, Release
from release_ops.operators import parts


def named_product(products: Mapping[str, Product], product: str) -> Product:
    """Product of that id; AirflowFailException with those that there are."""
    if product not in products:
        raise AirflowFailException(f"no product {product}; there are: {', '.join(products) or 'none'}")
    return products[product]


def chosen_releases(
    products: Mapping[str, Product],
    product: str,
    version: str,
    *,
    every: Callable[[Product], Iterable[Release]],
    kind: str,
) -> list[tuple[Product, Release]]:
    """The release that is named, or, with neither name, what `every` finds of each product.

    AirflowFailException for one name without the other and for what there is not; `kind` says what `every` finds.
    """
    if not product and not version:
        return [(one, release) for one in products.values() for release in every(one)]
    if not (product and version):
        raise AirflowFailException(f"name both a product and a version, or neither for every {kind} release")
    found = named_product(products, product)
    if all(one.version != version for one in found.releases):
        found = parts.with_hotfixes(found)
    try:
        return [(found, found.release(version))]
    except KeyError as error:
        raise AirflowFailException(error.args[0]) from None
