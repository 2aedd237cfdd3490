"""Many block-tridiagonal systems at once: symmetric, 3 x 3 blocks, one system a line of vertices.

Block LU without pivoting (Golub & Van Loan 2013, section 4.5), level by level for all lines
together. Components that a projector fixes are left out: the solution is zero there.
"""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from solver.algebra.sparse import materialise, pad
from solver.record import record

Blocks = Float[Array, "3 3 lines"]


@record
class Tridiagonal:
    """A factorised set of lines.

    Attributes:
        vertices: those of each line; padded with the number of vertices.
        place: position of each vertex in that table, flattened.
        pivots: inverse pivots of each level.
        upper: pivots times the block to the next level.
    """

    vertices: Int[Array, "levels lines"]
    place: Int[Array, " vertices"]
    pivots: Float[Array, "levels 3 3 lines"]
    upper: Float[Array, "gaps 3 3 lines"]


def matmul(a: Blocks, b: Blocks) -> Blocks:
    """Product of a 3 x 3 matrix with another, line by line."""
    return jnp.stack(
        [jnp.stack([sum(a[i, k] * b[k, j] for k in range(3)) for j in range(3)]) for i in range(3)]
    )


def transform(matrices: Float[Array, "3 3 n"], vectors: Float[Array, "3 n"]) -> Float[Array, "3 n"]:
    """Product of a 3 x 3 matrix with a vector, place by place."""
    return jnp.stack([sum(matrices[i, j] * vectors[j] for j in range(3)) for i in range(3)])


def masked_inverse(
    diagonal: Float[Array, "3 3 vertices"], free: Float[Array, "3 3 vertices"]
) -> Float[Array, "3 3 vertices"]:
    """Inverse of D on the free subspace, zero elsewhere, block by block."""
    fixed = jnp.eye(3, dtype=free.dtype)[:, :, None] - free
    size = jnp.trace(diagonal) / 3.0
    m = matmul(matmul(free, diagonal), free) + size * fixed
    cofactors = jnp.stack(
        [
            jnp.stack(
                [
                    m[(j + 1) % 3, (i + 1) % 3] * m[(j + 2) % 3, (i + 2) % 3]
                    - m[(j + 1) % 3, (i + 2) % 3] * m[(j + 2) % 3, (i + 1) % 3]
                    for j in range(3)
                ]
            )
            for i in range(3)
        ]
    )
    determinant = sum(m[0, k] * cofactors[k, 0] for k in range(3))
    inverse = cofactors / determinant - fixed / size
    # Rounding must not leak into fixed directions: there it would look like an eigenvalue of zero.
    return matmul(matmul(free, inverse), free)


def factorise(
    vertices: Int[Array, "levels lines"],
    place: Int[Array, " vertices"],
    diagonal: Float[Array, "3 3 vertices"],
    between: Float[Array, "gaps 3 3 lines"],
    free: Float[Array, "3 3 vertices"],
) -> Tridiagonal:
    """Factorise lines.

    Args:
        vertices, place: as in `Tridiagonal`.
        diagonal: symmetric positive block of each vertex.
        between: block from each level to the next; zero where a line has ended.
        free: projector onto the free components of each vertex.
    """
    eye = jnp.eye(3, dtype=free.dtype)[:, :, None]
    on_lines = jnp.moveaxis(jnp.concatenate([diagonal, eye], axis=-1)[..., vertices], 2, 0)
    kept = jnp.moveaxis(pad(free)[..., vertices], 2, 0)

    def down(
        before: tuple[Blocks, Blocks], level: tuple[Blocks, Blocks, Blocks]
    ) -> tuple[tuple[Blocks, Blocks], tuple[Blocks, Blocks]]:
        pivot, own = before
        block, diagonal, free = level
        block = matmul(matmul(own, block), free)
        upper = matmul(pivot, block)
        pivot = masked_inverse(diagonal - matmul(jnp.swapaxes(block, 0, 1), upper), free)
        return (pivot, free), (pivot, upper)

    first = masked_inverse(on_lines[0], kept[0])
    rest = (between, on_lines[1:], kept[1:])
    _, (pivots, upper) = lax.scan(down, (first, kept[0]), rest)
    return Tridiagonal(vertices, place, jnp.concatenate([first[None], pivots]), upper)


def solve(lines: Tridiagonal, right: Float[Array, "3 vertices"]) -> Float[Array, "3 vertices"]:
    """Solution on every line."""
    on_lines = jnp.moveaxis(materialise(pad(right))[:, lines.vertices], 1, 0)

    def down(before: Array, level: tuple[Array, Array]) -> tuple[Array, Array]:
        upper, own = level
        image = own - transform(jnp.swapaxes(upper, 0, 1), before)
        return image, image

    def up(after: Array, level: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        upper, pivot, image = level
        solution = transform(pivot, image) - transform(upper, after)
        return solution, solution

    _, images = lax.scan(down, on_lines[0], (lines.upper, on_lines[1:]))
    images = jnp.concatenate([on_lines[:1], images])
    last = transform(lines.pivots[-1], images[-1])
    _, solutions = lax.scan(up, last, (lines.upper, lines.pivots[:-1], images[:-1]), reverse=True)
    solutions = jnp.concatenate([solutions, last[None]])
    flat = materialise(jnp.moveaxis(solutions, 0, 1)).reshape(3, -1)
    return materialise(flat[:, lines.place])
