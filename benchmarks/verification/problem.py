"""An exact problem as the page tells it, and what solving it on several meshes found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.exact.problem import order

Errors = dict[str, float]


@dataclass(frozen=True)
class Problem:
    """What is solved, and how far from exact it is on a mesh.

    Attributes:
        name: V1 to V14.
        title: in a few words.
        words: what is solved, against what; for the page.
        errors: relative errors by name, on the mesh of a level.
        levels: coarse to fine.
        size: what a level counts.
        order: that the scheme is to have, drawn beside the errors; None for an identity.
        remark: what a reader should know of the numbers.
    """

    name: str
    title: str
    words: str
    errors: Callable[[int], Errors]
    levels: tuple[int, ...]
    size: str = "cells across"
    order: float | None = 2.0
    remark: str = ""


@dataclass(frozen=True)
class Found:
    """What a problem's levels came to.

    Attributes:
        errors: by name, a number a level.
        seconds: of the processor, all levels together with compiling.
    """

    problem: Problem
    errors: Mapping[str, Sequence[float]]
    seconds: float

    def orders(self, name: str) -> list[float | None]:
        """Observed between each level and the coarser one before it; None for the first."""
        levels, errors = self.problem.levels, self.errors[name]
        steps = zip(levels[:-1], levels[1:], errors[:-1], errors[1:], strict=True)
        return [
            None,
            *(order(coarse, fine, after / before) for before, after, coarse, fine in steps),
        ]
