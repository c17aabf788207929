"""`make env`: a `.env` with random secrets for docker-compose.yaml. Standard library only: it runs without .venv."""

from __future__ import annotations

import base64
import os
import re
import secrets
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def fill(example: str, *, uid: int) -> str:
    """Text of `.env` from `.env.example`: every empty `KEY=` whose comment says `random` gets a value of its own."""
    lines: list[str] = []
    comment = ""
    for line in example.splitlines():
        if line.startswith("#"):
            comment = line
        elif match := re.fullmatch(r"([A-Z_]+)=", line):
            line = f"{match[1]}={_value(comment, uid)}"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write `.env`, readable by its owner alone; 2 if there is one already."""
    target = PROJECT / ".env"
    text = fill((PROJECT / ".env.example").read_text(encoding="utf-8"), uid=os.getuid())
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"{target} exists; its secrets are in use, so it stays. Remove it to make new ones.", file=sys.stderr)
        return 2
    with os.fdopen(descriptor, "w", encoding="utf-8") as output:
        output.write(text)
    print(f"{target} written. Logins and passwords are in it; next: docker compose up --build --wait")
    return 0


def _value(comment: str, uid: int) -> str:
    if "fernet key" in comment:
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    if "random" in comment:
        return secrets.token_hex(24)
    if "user id" in comment:
        # The image's own user where this is root: files then belong to root's group, which the image's user is in.
        return str(uid or 50000)
    return ""


if __name__ == "__main__":
    sys.exit(main())
