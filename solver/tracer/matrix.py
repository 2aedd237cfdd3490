"""The linear system of an implicit stage, (content + weight L) c = load, and its solve.

Rows are divided by the content, so that a residual is the concentration by which the balance of its
dual cell fails. Diffusion over a step is stiff across a thin gap, a few hundred times its content:
the preconditioner solves each wall-sheath line at once and treats the tissue point by point.
"""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from solver.algebra import thomas
from solver.algebra.krylov import Status, bicgstab, inner, scale
from solver.algebra.sparse import materialise, multiply_scalar, pad
from solver.geometry.space import Space
from solver.geometry.topology import Graph
from solver.record import record
from solver.tracer.mouth import Joins, Reservoirs, apart, gather, hold, joined, share
from solver.tracer.operator import Rates
from solver.tracer.scheme import Pair
from solver.tracer.species import AdvectionDiffusion, Concentration

Matvec = Callable[[Concentration], Concentration]
TINY = jnp.finfo(jnp.float32).tiny


@record
class Matrix:
    """I + scale L, identity on held rows.

    Attributes:
        joins: vertices that have the concentration of a reservoir.
        scale: weight over content on free rows, s/m3; zero on joined and held ones.
        fluid, tissue: off-diagonal rows of L over each graph's neighbours, m3/s.
        beyond: of reservoirs, to others and outside, m3/s.
        diagonal: of L, sheath and loss included; `sheath`: rates of pairs.
    """

    joins: Joins
    scale: Concentration
    fluid: Float[Array, "slots rows"]
    tissue: Float[Array, "slots tissue_rows"]
    beyond: Float[Array, "reservoirs reservoirs"]
    diagonal: Pair
    sheath: tuple[Float[Array, " pairs"], Float[Array, " pairs"]]


@record
class Preconditioner:
    """Lines of the PVS factorised, and the inverse diagonal of tissue and reservoirs."""

    lines: thomas.Factors
    tissue: Float[Array, " tissue_vertices"]
    beyond: Float[Array, " reservoirs"]


def build_matrix(
    rates: Rates,
    space: Space,
    beyond: Reservoirs,
    content: Concentration,
    weight: Float[Array, ""] | float,
) -> Matrix:
    """Rows of a stage.

    Args:
        content: fluid that dissolves tracer in each dual cell at the stage's time, and in each
            reservoir with the cells joined to it, m3.
        weight: s.
    """
    fluid, leaving = _rows(rates.fluid, space.fluid)
    tissue, seeping = _rows(rates.tissue, space.tissue)
    pairs, fixed = space.pairs, (*joined(beyond.joins), beyond.held)
    return Matrix(
        joins=beyond.joins,
        scale=jax.tree.map(lambda f, v: weight * (1.0 - f) / v, fixed, content),
        fluid=fluid,
        tissue=tissue,
        beyond=beyond.rates,
        diagonal=(
            leaving + rates.loss[0] + pairs.into_fluid(rates.sheath[0]),
            seeping + rates.loss[1] + pairs.into_tissue(rates.sheath[1]),
        ),
        sheath=rates.sheath,
    )


def transposed(matrix: Matrix, rates: Rates, space: Space) -> Matrix:
    """The matrix of L^T beside the scale of L, for `transposed_product`."""
    return replace(
        matrix,
        fluid=_rows(rates.fluid[::-1], space.fluid)[0],
        tissue=_rows(rates.tissue[::-1], space.tissue)[0],
        beyond=matrix.beyond.T,
        sheath=matrix.sheath[::-1],
    )


def product(matrix: Matrix, space: Space, c: Concentration) -> Concentration:
    """(I + scale L) c, L between vertices and reservoirs as they are joined."""
    gone = gather(matrix.joins, _gone(matrix, space, share(matrix.joins, c)))
    return jax.tree.map(lambda x, s, r: x + s * r, c, matrix.scale, gone)


def transposed_product(turned: Matrix, space: Space, c: Concentration) -> Concentration:
    """(I + L^T scale) c, of what `transposed` turned: gathering is the transpose of sharing."""
    scaled = share(turned.joins, jax.tree.map(jnp.multiply, turned.scale, c))
    return jax.tree.map(jnp.add, c, gather(turned.joins, _gone(turned, space, scaled)))


def _gone(matrix: Matrix, space: Space, c: Concentration) -> Concentration:
    """L c."""
    fluid, tissue, beyond = c
    pairs = space.pairs
    out = pairs.into_fluid(matrix.sheath[1] * pairs.outside(tissue))
    into = pairs.into_tissue(matrix.sheath[0] * pairs.inside(fluid))
    spread = multiply_scalar(matrix.fluid, space.fluid.neighbours, fluid) - out
    seep = multiply_scalar(matrix.tissue, space.tissue.neighbours, tissue) - into
    return (
        matrix.diagonal[0] * fluid + spread,
        matrix.diagonal[1] * tissue + seep,
        matrix.beyond @ beyond,
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
    diagonal = (*matrix.diagonal, jnp.diag(matrix.beyond))
    own = jax.tree.map(lambda s, d: 1.0 + s * d, matrix.scale, gather(matrix.joins, diagonal))
    factors = thomas.factorise(lines.vertices, lines.place, own[0], below, above)
    return Preconditioner(factors, 1.0 / own[1], 1.0 / own[2])


def solve(
    tracer: AdvectionDiffusion,
    rates: Rates,
    space: Space,
    beyond: Reservoirs,
    content: Concentration,
    load: Concentration,
    given: Float[Array, ""] | float,
    guess: Concentration,
    weight: Float[Array, ""] | float,
) -> tuple[Concentration, Status]:
    """Solve (content + weight L) c = load, c = given where held.

    Args:
        load: m3; of joined vertices it counts with their reservoir.
    """
    matrix = build_matrix(rates, space, beyond, content, weight)
    frozen, rough = jax.lax.stop_gradient((matrix, rates))
    preconditioner = approximate(frozen, rough, space)
    right = jax.tree.map(jnp.divide, apart(beyond.joins, load), content)
    right = hold(beyond, right, given)
    start = jax.lax.stop_gradient(hold(beyond, apart(beyond.joins, guess), given))

    def precondition(c: Concentration, transposed: bool = False) -> Concentration:
        fluid = thomas.solve(preconditioner.lines, c[0], transposed=transposed)
        return fluid, preconditioner.tissue * c[1], preconditioner.beyond * c[2]

    def forth(matvec: Matvec, b: Concentration) -> tuple[Concentration, Status]:
        image = matvec(start)  # scaled, the guess serves tangents as well
        begin = scale(inner(image, b) / jnp.maximum(inner(image, image), TINY), start)
        return bicgstab(matvec, b, begin, tracer.tolerance, tracer.limit, precondition)

    def back(_: Matvec, b: Concentration) -> tuple[Concentration, Status]:
        turned = transposed(frozen, rough, space)
        return bicgstab(
            lambda c: transposed_product(turned, space, c),
            b,
            jax.tree.map(jnp.zeros_like, b),
            tracer.tolerance,
            tracer.limit,
            lambda c: precondition(c, True),
        )

    solution, status = jax.lax.custom_linear_solve(
        lambda c: product(matrix, space, c), right, forth, back, has_aux=True
    )
    return share(beyond.joins, solution), status


def _rows(pair: Pair, graph: Graph) -> tuple[Float[Array, "slots rows"], Float[Array, " vertices"]]:
    """Off-diagonal rows and diagonal of the operator that edge rates make."""
    second = graph.row_second
    ahead, behind = (graph.on_rows(rate) for rate in pair)
    return materialise(-jnp.where(second, ahead, behind)), graph.of_ends(*pair)
