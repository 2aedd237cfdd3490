"""Chebyshev polynomial of a block-Jacobi-scaled matrix: a fixed symmetric approximate inverse.

Saad 2003, algorithm 12.1, from a zero guess, so the result is linear and symmetric in the residual.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

Vector = Any
EXHAUSTED = 1e-8  # what is left of a vector below this is round-off: the Krylov space is complete


def chebyshev(
    operator: Callable[[Vector], Vector],
    scale: Callable[[Vector], Vector],
    interval: Float[Array, " two"],
    residual: Vector,
    degree: int | Int[Array, ""],
) -> Vector:
    """Approximate `operator`^-1 `residual` by `degree` - 1 products.

    Args:
        operator: symmetric positive definite.
        scale: its (block-)Jacobi inverse.
        interval: bounds of the spectrum of scale(operator); the upper one must not be too small.
        degree: of the polynomial, at least 1.
    """
    centre, half = (interval[1] + interval[0]) / 2.0, (interval[1] - interval[0]) / 2.0
    sigma = centre / half
    first = jax.tree.map(lambda r: r / centre, scale(residual))

    def improve(_: int, state: tuple) -> tuple:
        solution, step, residual, rho = state
        residual = jax.tree.map(jnp.subtract, residual, operator(step))
        rho_next = 1.0 / (2.0 * sigma - rho)
        step = jax.tree.map(
            lambda d, z: rho_next * rho * d + 2.0 * rho_next / half * z, step, scale(residual)
        )
        return jax.tree.map(jnp.add, solution, step), step, residual, rho_next

    return jax.lax.fori_loop(0, degree - 1, improve, (first, first, residual, 1.0 / sigma))[0]


def spectrum(
    product: Callable[[np.ndarray], np.ndarray],
    weights: Callable[[np.ndarray], np.ndarray],
    start: Float[np.ndarray, "..."],
    steps: int = 40,
) -> tuple[float, float]:
    """Extreme Ritz values of a scaled symmetric operator by Lanczos, on the host.

    Args:
        product: the scaled operator, self-adjoint in the inner product <x, weights(y)>.
        weights: that inner product's matrix.
        start: a random start vector.
    """
    diagonal: list[float] = []
    off: list[float] = []
    vector = start / np.sqrt(np.sum(start * weights(start)))
    previous = np.zeros_like(vector)
    for _ in range(steps):
        image = product(vector)
        alpha = float(np.sum(image * weights(vector)))
        image = image - alpha * vector - (off[-1] * previous if off else 0.0)
        norm = float(np.sqrt(max(np.sum(image * weights(image)), 0.0)))
        diagonal.append(alpha)
        off.append(norm)
        if norm < EXHAUSTED * max(diagonal):
            break
        previous, vector = vector, image / norm
    size = len(diagonal)
    ritz = np.linalg.eigvalsh(
        np.diag(diagonal) + np.diag(off[: size - 1], 1) + np.diag(off[: size - 1], -1)
    )
    return float(ritz[0]), float(ritz[-1])
