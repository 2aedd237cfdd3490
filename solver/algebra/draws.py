"""Random starts that are the same in every run: pyamg takes its own from numpy's shared stream.

Without this two runs of one configuration differ in their last digits.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import numpy as np
from pyamg.util.linalg import approximate_spectral_radius
from scipy.sparse import sparray

T = TypeVar("T")


def same_draws(function: Callable[..., T]) -> Callable[..., T]:
    """The function, with numpy's shared stream at its seed 0 inside and untouched outside."""

    @wraps(function)
    def seeded(*args: Any, **options: Any) -> T:
        before = np.random.get_state()  # noqa: NPY002 - the stream that pyamg reads
        np.random.seed(0)  # noqa: NPY002
        try:
            return function(*args, **options)
        finally:
            np.random.set_state(before)  # noqa: NPY002

    return seeded


@same_draws
def spectral_radius(matrix: sparray) -> float:
    """Of a matrix, by a few steps of Arnoldi from a random start."""
    return float(approximate_spectral_radius(matrix))
