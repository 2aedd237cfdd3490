"""Numbers as files write them: strictly, where Python is lenient."""

import re
from collections.abc import Iterable

NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|nan|inf)", re.IGNORECASE)
WHOLE = re.compile(r"[+-]?\d{1,19}")


def no_number(words: Iterable[str], *, whole: bool = False) -> str:
    """The first of some words that is no number, or no whole one, in quotes; empty if all are."""
    pattern = WHOLE if whole else NUMBER
    return next((repr(word[:20]) for word in words if not pattern.fullmatch(word)), "")
