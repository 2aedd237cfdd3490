"""How far in a tide renews the fluid at a mouth, in one dimension and in the fluid's own frame.

Tracer diffuses where X > b(t) = cos t, and is held where X < b(t), outside or new. Far in its
gradient is 1: held at rest, y = X - F. Lengths in displacement amplitudes, times in radians; the
diffusivity is 1 / P. Backward Euler with the distance to the boundary within its cell.
"""

import numpy as np
from scipy.linalg import solve_banded


def renewed(speed: float, cells: int = 800, steps: int = 300, cycles: int = 60) -> float:
    """F(P) once cycles repeat."""
    layer = np.sqrt(2.0 * np.pi / speed)
    far = 1.0 + 3.0 * layer
    x = np.linspace(-1.0, far, cells + 1)
    width, step = x[1] - x[0], 2.0 * np.pi / steps
    ratio = step / (speed * width**2)
    y, mean = np.maximum(x - 0.8, 0.0), 0.0
    for count in range(cycles * steps):
        edge = np.cos((count + 1) * step)
        first = int(np.searchsorted(x, edge, side="right"))
        part = max((x[first] - edge) / width, 1e-3)
        matrix = np.empty((3, cells + 1 - first))
        matrix[0], matrix[1], matrix[2] = -ratio, 1.0 + 2.0 * ratio, -ratio
        matrix[1, 0] = 1.0 + 2.0 * ratio / part
        matrix[0, 1] = -2.0 * ratio / (1.0 + part)
        matrix[2, -2] = -2.0 * ratio
        right = y[first:].copy()
        right[-1] += 2.0 * ratio * width
        y[:first] = 0.0
        y[first:] = solve_banded((1, 1), matrix, right)
        mean = 0.0 if count % steps == 0 else mean
        mean += (far - y[-1]) / steps
    return mean
