"""The linear system of an implicit stage, (content + weight L) c = load, and its solve.

Rows are divided by the content, so that a residual is the concentration by which the balance of its
dual cell fails. Diffusion over a step is stiff across a thin gap, a few hundred times its content:
the preconditioner solves each wall-sheath line at once and treats the tissue point by point.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.algebra import thomas
from solver.algebra.krylov import Status, bicgstab, inner, scale
from solver.algebra.sparse import fold, materialise, multiply_scalar, pad, take
from solver.geometry.space import Space
from solver.geometry.topology import Graph
from solver.record import record
from solver.tracer.operator import Rates
from solver.tracer.scheme import Pair
from solver.tracer.species import AdvectionDiffusion, Concentration


TINY = jnp.finfo(jnp.float32).tiny


@record
class Matrix:
    """I + scale L, identity on held rows.

    Attributes:
        scale: weight over content on free rows, s/m3; zero on held ones.
        fluid, tissue: off-diagonal rows of L over each graph's neighbours, m3/s.
        diagonal: of L, sheath and loss included; `sheath`: rates of pairs.
    """

    scale: Concentration
    fluid: Float[Array, "slots rows"]
    tissue: Float[Array, "slots tissue_rows"]
    diagonal: Concentration
    sheath: tuple[Float[Array, " pairs"], Float[Array, " pairs"]]


@record
class Preconditioner:
    """Lines of the PVS factorised, and the inverse diagonal of the tissue."""

    lines: thomas.Factors
    tissue: Float[Array, " tissue_vertices"]


def build_matrix(
    rates: Rates,
    space: Space,
    held: Float[Array, " vertices"],
    content: Concentration,
    weight: Float[Array, ""] | float,
) -> Matrix:
    """Rows of a stage.

    Args:
        held: 1 where the concentration is given, else 0.
        content: fluid that dissolves tracer in each dual cell at the stage's time, m3.
        weight: s.
    """
    fluid, leaving = _rows(rates.fluid, space.fluid)
    tissue, seeping = _rows(rates.tissue, space.tissue)
    pairs = space.pairs
    return Matrix(
        scale=(weight * (1.0 - held) / content[0], weight / content[1]),
        fluid=fluid,
        tissue=tissue,
        diagonal=(
            leaving + rates.loss[0] + take(rates.sheath[0], pairs.fluid_slot),
            seeping + rates.loss[1] + take(rates.sheath[1], pairs.tissue_slot),
        ),
        sheath=rates.sheath,
    )


def product(matrix: Matrix, space: Space, c: Concentration) -> Concentration:
    """(I + scale L) c."""
    fluid, tissue = c
    pairs = space.pairs
    out = take(matrix.sheath[1] * tissue[pairs.tissue], pairs.fluid_slot)
    into = take(matrix.sheath[0] * fluid[pairs.fluid], pairs.tissue_slot)
    spread = multiply_scalar(matrix.fluid, space.fluid.neighbours, fluid) - out
    seep = multiply_scalar(matrix.tissue, space.tissue.neighbours, tissue) - into
    return (
        fluid + matrix.scale[0] * (matrix.diagonal[0] * fluid + spread),
        tissue + matrix.scale[1] * (matrix.diagonal[1] * tissue + seep),
    )


def approximate(matrix: Matrix, rates: Rates, space: Space) -> Preconditioner:
    """Factorise what couples most."""
    lines, edges = space.lines, space.lines.edges
    here, beyond = lines.vertices[:-1], lines.vertices[1:]
    scale = pad(matrix.scale[0])
    forward, backward = (pad(rate)[edges] for rate in rates.fluid)
    upward = here < beyond  # an edge's first vertex is the lower number
    above = -scale[here] * jnp.where(upward, backward, forward)
    below = -scale[beyond] * jnp.where(upward, forward, backward)
    own = jax.tree.map(lambda s, d: 1.0 + s * d, matrix.scale, matrix.diagonal)
    factors = thomas.factorise(lines.vertices, lines.place, own[0], below, above)
    return Preconditioner(factors, 1.0 / own[1])


def solve(
    tracer: AdvectionDiffusion,
    rates: Rates,
    space: Space,
    held: Float[Array, " vertices"],
    content: Concentration,
    load: Concentration,
    given: Float[Array, ""] | float,
    guess: Concentration,
    weight: Float[Array, ""] | float,
) -> tuple[Concentration, Status]:
    """Solve (content + weight L) c = load, c = given where held."""
    matrix = build_matrix(rates, space, held, content, weight)
    frozen, rough = jax.lax.stop_gradient((matrix, rates))
    preconditioner = approximate(frozen, rough, space)
    right = (jnp.where(held > 0, given, load[0] / content[0]), load[1] / content[1])
    start = jax.lax.stop_gradient((jnp.where(held > 0, given, guess[0]), guess[1]))

    def precondition(c: Concentration, transposed: bool = False) -> Concentration:
        fluid = thomas.solve(preconditioner.lines, c[0], transposed=transposed)
        return fluid, preconditioner.tissue * c[1]

    Matvec = Callable[[Concentration], Concentration]

    def forth(matvec: Matvec, b: Concentration) -> tuple[Concentration, Status]:
        image = matvec(start)  # scaled, the guess serves tangents as well
        begin = scale(inner(image, b) / jnp.maximum(inner(image, image), TINY), start)
        return bicgstab(matvec, b, begin, tracer.tolerance, tracer.limit, precondition)

    def back(matvec: Matvec, b: Concentration) -> tuple[Concentration, Status]:
        zero = jax.tree.map(jnp.zeros_like, b)
        return bicgstab(
            matvec, b, zero, tracer.tolerance, tracer.limit, lambda c: precondition(c, True)
        )

    return jax.lax.custom_linear_solve(
        lambda c: product(matrix, space, c), right, forth, back, has_aux=True
    )


def _rows(pair: Pair, graph: Graph) -> tuple[Float[Array, "slots rows"], Float[Array, " vertices"]]:
    """Off-diagonal rows and diagonal of the operator that edge rates make."""
    edges, second = graph.row_edges, graph.row_second
    ahead, behind = (pad(rate)[edges] for rate in pair)
    leaving, arriving = jnp.where(second, behind, ahead), jnp.where(second, ahead, behind)
    return materialise(-arriving), fold(leaving.sum(axis=0), graph.neighbours)
