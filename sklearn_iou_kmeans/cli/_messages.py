"""Text for a terminal. Names come from files, and may contain anything."""

import re
import sys
from unicodedata import category

from .._text import shortened

# Control and formatting characters, lone surrogates and line breaks.
ACTED_ON = ("Cc", "Cf", "Cs", "Zl", "Zp")

# Formatting characters that letters of some scripts need.
JOINERS = "\u200c\u200d"

LONGEST = 3000  # characters


def printable(text: str) -> str:
    r"""Escape the characters that a terminal would act on, as in ``\x1b``; shorten a long text."""
    text = shortened(text, LONGEST)
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode()
        if category(char) in ACTED_ON and char not in JOINERS
        else char
        for char in text
    )


def number(n: int) -> str:
    """Format a count with a space between thousands."""
    return f"{n:,}".replace(",", " ")


def count(n: int, one: str, many: str) -> str:
    """Format a count of things in the singular or the plural."""
    return f"{number(n)} {one if n == 1 else many}"


def unlike_count(name: str) -> str:
    """Name a category so that it cannot be taken for a count."""
    if not name:
        return "without a category"
    return f"category {name}" if re.fullmatch(r"[\d\s.,+-]+", name) else name


def complain(message: str) -> None:
    """Print an error or a warning as one line on stderr."""
    line = re.sub(r"\s*\n\s*", " ", message.strip())
    print(f"iou-kmeans: {printable(line)}", file=sys.stderr)
