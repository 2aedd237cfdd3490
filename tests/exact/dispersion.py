"""Taylor dispersion in the gap of an annulus, steady and oscillating, across the gap alone.

With lengths in gaps W and times in W^2 / D, mean flow 1 and no flux at the walls,

    1/r (r c')' - i s c = u - 1,        dispersion = -Re <(u - 1) c>

is the dispersion over Pe^2: Aris' kappa(beta) for s = 0, kappa(beta) g(s) beyond (Watson 1983).
Finite volumes; the error falls with the square of the number of cells.
"""

import numpy as np
from scipy.linalg import solve_banded


def dispersion(beta: float, speed: float = 0.0, cells: int = 2000) -> tuple[float, float]:
    """Dispersion over Pe^2 at s = `speed`, and the mean square of the profile over its mean's.

    Args:
        beta: outer over inner radius.
    """
    inner = 1.0 / (beta - 1.0)
    faces = inner + np.linspace(0.0, 1.0, cells + 1)
    middle, width = 0.5 * (faces[1:] + faces[:-1]), 1.0 / cells
    outer = inner + 1.0
    profile = (
        middle**2
        - inner**2
        - (outer**2 - inner**2) * np.log(middle / inner) / np.log(outer / inner)
    )
    share = middle / middle.sum()
    profile = profile / (profile @ share)
    links = faces[1:-1] / width**2
    matrix = np.zeros((3, cells), dtype=complex)
    matrix[0, 1:] = links
    matrix[2, :-1] = links
    matrix[1, :-1] -= links
    matrix[1, 1:] -= links
    matrix[1] -= (1j * speed + 1e-12) * middle  # the mean of steady c is free: hold it
    c = solve_banded((1, 1), matrix, (profile - 1.0) * middle)
    return float(-np.real(((profile - 1.0) * c) @ share)), float(profile**2 @ share)
