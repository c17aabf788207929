"""The outlook of a release, from its product's throughput and the scope that is done before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from release_ops.domain.model import Feature, Product, Release
from release_ops.domain.outlook import Outlook, outlook
from release_ops.operators.scope_days import in_release, open_releases
from release_ops.operators.throughput import throughput_of, today_of
from release_ops.store import Store


def outlook_of(store: Store, product: Product, release: Release, features: Sequence[Feature], now: datetime) -> Outlook:
    """Forecast of a release as of `now`. ValueError says why there is none; a system that fails raises its own error."""
    today = today_of(product, now)
    source, throughput = throughput_of(product, store, as_of=today)
    ahead = _ahead(store, product, release, now)
    return outlook(product, release, features, throughput, source=source, as_of=today, ahead=ahead)


def _ahead(store: Store, product: Product, release: Release, now: datetime) -> tuple[Feature, ...]:
    """Scope of the open releases that come out before this one: the same people do it first."""
    earlier = [one for one in open_releases(store, product, now) if one.ga < release.ga]
    return tuple(feature for one in earlier for feature in in_release(store, product, one))
