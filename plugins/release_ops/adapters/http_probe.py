"""An address that answers, or does not: one GET, bounded in time and size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import requests

MOST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Answered:
    """Status and text of an answer, cut at `MOST_BYTES`."""

    status: int
    content: bytes


class ProbeError(Exception):
    """There was no answer; the message names the address without its secrets."""


def probe(
    url: str, *, timeout: timedelta = timedelta(seconds=10), auth: tuple[str, str] | None = None, most: int = MOST_BYTES
) -> Answered:
    """The answer of an http(s) address. Redirects are followed only without credentials."""
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname or '?'}{f':{parts.port}' if parts.port else ''}{parts.path}"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ProbeError(f"{shown}: is not an http(s) address")
    try:
        with requests.get(
            url, timeout=timeout.total_seconds(), auth=auth, stream=True, allow_redirects=auth is None
        ) as response:
            content = bytearray()
            for part in response.iter_content(1 << 16):
                content += part
                if len(content) >= most:
                    break
            return Answered(response.status_code, bytes(content[:most]))
    except requests.RequestException as error:
        raise ProbeError(f"{shown}: no answer ({type(error).__name__})") from None
