"""A number that a record may or may not give: value, uncertainty, or the reason why not."""

import math
from typing import NamedTuple


class Answer(NamedTuple):
    """What an analysis says.

    Attributes:
        value: NaN if the record cannot say.
        error: standard error, in the unit of the value; NaN if not known.
        reason: why there is no value; empty if there is one.
    """

    value: float
    error: float = math.nan
    reason: str = ""


def unknown(reason: str) -> Answer:
    """No number, and why."""
    return Answer(math.nan, math.nan, reason)
