"""Many scalar tridiagonal systems at once, one a line of vertices; not symmetric.

LU without pivoting (Thomas 1949; Golub & Van Loan 2013, section 4.3), level by level for all lines
together; stable for the diagonally dominant matrices of diffusion. The factors solve the transposed
systems as well.
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from solver.algebra.sparse import materialise, pad
from solver.record import record

Line = Float[Array, " lines"]


@record
class Factors:
    """A factorised set of lines.

    Attributes:
        vertices: those of each line; padded with the number of vertices.
        place: position of each vertex in that table, flattened.
        pivots: inverse pivots of each level.
        lower: multipliers, entries below the diagonal times inverse pivots.
        upper: entries above the diagonal.
    """

    vertices: Int[Array, "levels lines"]
    place: Int[Array, " vertices"]
    pivots: Float[Array, "levels lines"]
    lower: Float[Array, "gaps lines"]
    upper: Float[Array, "gaps lines"]


def factorise(
    vertices: Int[Array, "levels lines"],
    place: Int[Array, " vertices"],
    diagonal: Float[Array, " vertices"],
    below: Float[Array, "gaps lines"],
    above: Float[Array, "gaps lines"],
) -> Factors:
    """Factorise lines.

    Args:
        vertices, place: as in `Factors`.
        below: what row k + 1 takes from unknown k; `above`: what row k takes from unknown k + 1;
            both zero where a line has ended.
    """
    on_lines = jnp.concatenate([diagonal, jnp.ones(1, diagonal.dtype)])[vertices]

    def down(pivot: Line, level: tuple[Line, Line, Line]) -> tuple[Line, tuple[Line, Line]]:
        own, low, high = level
        multiplier = low * pivot
        pivot = 1.0 / (own - multiplier * high)
        return pivot, (pivot, multiplier)

    first = 1.0 / on_lines[0]
    _, (pivots, lower) = lax.scan(down, first, (on_lines[1:], below, above))
    return Factors(vertices, place, jnp.concatenate([first[None], pivots]), lower, above)


def solve(
    lines: Factors, right: Float[Array, " vertices"], *, transposed: bool = False
) -> Float[Array, " vertices"]:
    """Solution on every line, or that of the transposed systems."""
    levels = materialise(pad(right))[lines.vertices]
    below, above = (lines.upper, lines.lower) if transposed else (lines.lower, lines.upper)
    ahead, back = (lines.pivots, None) if transposed else (None, lines.pivots)

    def down(before: Line, level: tuple[Line, Line]) -> tuple[Line, Line]:
        low, own = level
        image = own - low * before
        return image, image

    def up(after: Line, level: tuple[Line, Line]) -> tuple[Line, Line]:
        high, own = level
        solution = own - high * after
        return solution, solution

    if ahead is not None:  # U^T: rows divided by their pivots
        levels, below = levels * ahead, below * ahead[1:]
    _, images = lax.scan(down, levels[0], (below, levels[1:]))
    images = jnp.concatenate([levels[:1], images])
    if back is not None:
        images, above = images * back, above * back[:-1]
    _, solutions = lax.scan(up, images[-1], (above, images[:-1]), reverse=True)
    solutions = jnp.concatenate([solutions, images[-1:]])
    return materialise(materialise(solutions.reshape(-1))[lines.place])
