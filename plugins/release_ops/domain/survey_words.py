"""The words of a survey's page and mail: which there are, and how names are filled into them."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

FILLED = ("product", "version", "title", "day", "low", "high")
"""What a text may have in braces. `day` is that on which the round closes."""

WORDS: Mapping[str, str] = {
    "intro": "Before the question.",
    "optional": "Beside the question for a comment.",
    "hint": "Below the field of the comment.",
    "send": "Button that sends the answer.",
    "choose": "Error: no score was chosen.",
    "too_long": "Error: the comment is too long.",
    "anonymous": "Heading of what is kept.",
    "kept": "What is kept of an answer, and what is not.",
    "until": "Until when it can be answered.",
    "thanks": "Heading after an answer.",
    "thanks_text": "Below it.",
    "used": "Heading: the link was used.",
    "used_text": "Below it.",
    "closed": "Heading: the round is closed, or the link too old.",
    "closed_text": "Below it.",
    "unknown": "Heading: no link of ours, or not the whole of it.",
    "unknown_text": "Below it.",
    "busy": "Heading: too many requests.",
    "busy_text": "Below it.",
    "later": "Heading: the answer could not be kept.",
    "later_text": "Below it.",
    "stop": "Link to be asked no more.",
    "stop_text": "What that means.",
    "stop_yes": "Button that confirms it.",
    "stopped": "Heading: it was confirmed.",
    "stopped_text": "Below it.",
    "subject": "Subject of the invitation.",
    "invitation": "Text of the invitation.",
    "answer": "Link or button to the page.",
    "reminder_subject": "Subject of the reminder.",
    "reminder": "Text of the reminder. It goes to everybody: nobody knows who has answered.",
    "promise": "What a mail says on anonymity.",
}
"""Every word, and where it stands."""


def fitting(text: str) -> str:
    """What is wrong with the braces of a text; empty if nothing is."""
    try:
        names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        return f"has braces that do not fit: {error}"
    strange = [name for name in names if name not in FILLED]
    return f"{{{strange[0]}}} cannot be filled in" if strange else ""


def fill(text: str, names: Mapping[str, str]) -> str:
    """Text with its names filled in; one that is not known stays empty."""
    return text.format(**{**dict.fromkeys(FILLED, ""), **names})
