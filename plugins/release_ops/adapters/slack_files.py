"""Pictures for Slack: uploaded without a channel, for a message's blocks to show them by their ids."""

from __future__ import annotations

import json
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from release_ops.adapters.slack import SlackChannel, SlackError, SlackUnreachableError

TIMEOUT = 60.0
LARGEST = 10_000_000
"""Bytes; charts are a hundredth of it."""
ALT = 1000
"""Characters of what a screen reader says."""


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Nowhere: what was meant for Slack goes to nobody else."""


class SlackPictures(SlackChannel):
    """A workspace that pictures can be uploaded to, if its app has the scope `files:write`."""

    def upload(self, name: str, words: str, png: bytes) -> str:
        """Id of the picture; `words` are its alternative text. SlackError says why not, with `missing_scope` as its code.

        A repeated upload makes another file; one that no message shows is seen by nobody.
        """
        if len(png) > LARGEST:
            raise SlackError(f"picture {name}: {len(png)} bytes; {LARGEST} are taken")
        form = {"filename": f"{name}.png", "length": str(len(png)), "alt_txt": words[:ALT]}
        place = self._call("files.getUploadURLExternal", form, repeatable=True)
        identity, address = str(place.get("file_id") or ""), str(place.get("upload_url") or "")
        self._send(address, png)
        done = {"files": json.dumps([{"id": identity, "title": name}])}
        self._call("files.completeUploadExternal", done, repeatable=False)
        return identity

    def _send(self, address: str, png: bytes) -> None:
        scheme = urlsplit(self._client.base_url).scheme
        if urlsplit(address).scheme not in {"https", scheme}:
            raise SlackError(f"Slack files.getUploadURLExternal: {address[:80]!r} is no address to upload to")
        request = Request(address, data=png, headers={"Content-Type": "application/octet-stream"}, method="POST")  # noqa: S310
        try:
            with build_opener(_Stays).open(request, timeout=TIMEOUT):
                return
        except (URLError, OSError) as error:
            raise SlackUnreachableError(
                f"Slack: the picture was not taken ({type(error).__name__}); try again later"
            ) from None
