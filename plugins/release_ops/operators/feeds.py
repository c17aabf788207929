"""Calendar feeds as files, for calendar programs that cannot log in to Airflow."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator, Context, ObjectStoragePath
from airflow.sdk.exceptions import AirflowFailException

from release_ops.calendar_records import records_of
from release_ops.domain.model import Product
from release_ops.icalendar_feed import feed, withdrawn
from release_ops.operators import parts
from release_ops.product import file_of, load_products, products_folder

EVERYTHING = "_all.ics"
"""Feed of all products of a folder; no product's id begins like this."""


class WriteFeedsOperator(BaseOperator):
    """Writes `<product>.ics` and `_all.ics` into the folders that product files name under `feeds.path`.

    A feed that has not changed is not written again. In that of a product that no file describes any more, or that is
    published elsewhere now, everything is cancelled: those who subscribed would not notice that it is not written. Returns
    the numbers of written and unchanged files. A place that cannot be written does not hinder the others;
    AirflowFailException names it at the end.
    """

    def execute(self, context: Context) -> dict[str, int]:
        """Write what is new, fail with what went wrong."""
        products, _ = load_products(products_folder())
        places: dict[str, list[Product]] = {}
        for product in products.values():
            if product.feeds:
                places.setdefault(product.feeds, []).append(product)
        counts = {"written": 0, "unchanged": 0}
        if not places:
            return counts
        records = records_of(parts.open_store())
        gone = {key[0] for key in records.moves if key[0] not in products and file_of(key[0]) is None}
        problems: list[str] = []
        for place, some in places.items():
            files = {f"{one.id}.ics": feed([one], records, name=one.name) for one in some}
            files[EVERYTHING] = feed(some, records, name="Releases")
            moved = {one.id for one in products.values() if one.feeds != place}
            stale = {f"{product_id}.ics" for product_id in gone | moved}
            for name in [*files, *sorted(stale)]:
                try:
                    content = files[name] if name in files else _withdrawn(place, name)
                    if content is not None:
                        counts["written" if publish(place, name, content) else "unchanged"] += 1
                except Exception as error:
                    problems.append(f"feeds.path: {place}: {name}: {type(error).__name__}: {error}")
        if problems:
            raise AirflowFailException("calendar feeds could not be written\n" + "\n".join(problems))
        return counts


def _withdrawn(place: str, name: str) -> bytes | None:
    """What a file that is no longer written ought to hold; None if it was never written."""
    file: Any = ObjectStoragePath(place) / name if "://" in place else Path(place) / name
    return withdrawn(file.read_bytes()) if file.is_file() else None


def publish(place: str, name: str, content: bytes) -> bool:
    """Write a file below a folder or an object store's URL; False when it is there already.

    A reader of a folder never sees half a file. An object store's credentials come from the connection that its URL
    names (`s3://aws_default@bucket/calendars`).
    """
    if "://" in place:
        target: Any = ObjectStoragePath(place) / name
        if target.exists() and target.read_bytes() == content:
            return False
        target.write_bytes(content)
        return True
    path = Path(place) / name
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{name}.", delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)  # noqa: PTH101 - a web server of another user reads it
    Path(file.name).replace(path)
    return True
