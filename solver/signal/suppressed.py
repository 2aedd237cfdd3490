"""A drug that makes the oscillation smaller, as zolpidem does: `n(t) [1 - (1 - factor) d(t)]`.

`d` is the quintic step from `start` over `transition`. The baseline stays: only what differs from
it is scaled. Zolpidem halves the norepinephrine oscillation (Hauglund et al. 2025, Cell 188:606, by
its press release). Units: seconds; `factor` is relative.
"""

from typing import Any

from jaxtyping import Array, Float

from solver.record import record
from solver.signal.norepinephrine import Norepinephrine
from solver.signal.onset import smooth
from solver.signal.resolve import Number, check_number
from solver.signal.through import Through


@record
class Suppressed(Through):
    """An oscillation under a drug.

    Attributes:
        factor: what is left of the oscillation; 0.5 under zolpidem, above 1 for a drug that adds.
        start: s, when the drug begins to act; `transition`: s, until it acts wholly.
        oscillation: what it acts on.
    """

    factor: Number = 0.5
    start: Number = 0.0
    transition: Number = 5.0
    oscillation: Any = Norepinephrine()

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_number("signal.factor", self.factor)
        check_number("signal.transition", self.transition, least=1e-3, unit="s")

    def __call__(self, time: Float[Array, "*t"]) -> Float[Array, "*t"]:
        """The relative change of norepinephrine at `time` (s)."""
        acting = smooth((time - self.start) / self.transition)
        return self.oscillation(time) * (1.0 - (1.0 - self.factor) * acting)
