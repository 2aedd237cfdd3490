"""Flux-corrected transport: as much of the second-order fluxes as makes no new extremes.

    m_i c_i = m_i low_i + sum_j alpha_ij a_ij,    0 <= alpha_ij = alpha_ji <= 1

a_ij is what the second-order solution moves beyond the positive one (Zalesak 1979; Kuzmin & Turek
2002). Only dual cells that the full correction would take out of their bounds are limited, and
those that this in turn leaves without compensation: elsewhere the solution is the second-order one.
That matters where a step moves many times a cell's content, as across a thin gap, and Zalesak's
sums of one sign would limit fluxes that merely pass through.

Bounds are the least and largest of the concentrations before and of the positive solution within a
few cells: as far as a step mixes, across the gap and the sheath.
"""

from functools import reduce

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from solver.algebra.kept import keep
from solver.algebra.linear import parts
from solver.algebra.sparse import materialise
from solver.geometry.space import Space
from solver.geometry.topology import Graph
from solver.record import record
from solver.tracer.operator import Fluxes

RINGS = 3  # of cells, at least, within which a step mixes
SWEEPS = 30  # most rounds of looking for dual cells to limit
NOTHING = -jnp.inf
SLACK = 1e-13  # of the largest concentration, for round-off

Cells = tuple[Float[Array, " vertices"], Float[Array, " tissue_vertices"]]
Sourced = tuple[Float[Array, " n"], Int[Array, " n"]]  # values, and where they stand among all
Mask = tuple[Bool[Array, " vertices"], Bool[Array, " tissue_vertices"]]


@record
class Sums:
    """What corrections bring to each dual cell: the sure ones, and the others by their sign."""

    sure: Cells
    gain: Cells
    drop: Cells


def bounds(space: Space, *fields: Cells) -> tuple[Cells, Cells]:
    """Least and largest of some fields around each vertex.

    Where they stand is looked for first, so that derivatives need not look again, ring by ring.
    """
    values = jnp.concatenate([part for field in fields for part in field])
    split = [fields[0][0].shape[0]]

    def most(sign: float) -> Cells:
        numbers = jnp.arange(values.shape[0], dtype=jnp.int32).reshape(len(fields), -1)
        ours = zip(sign * lax.stop_gradient(values).reshape(numbers.shape), numbers, strict=True)
        value, source = reduce(_greater, ours)
        found = tuple(zip(jnp.split(value, split), jnp.split(source, split), strict=True))
        rings = max(RINGS, space.lines.vertices.shape[0])
        (_, inside), (_, outside) = lax.fori_loop(0, rings, lambda _, x: _around(space, *x), found)
        return values[keep(inside)], values[keep(outside)]

    return most(-1.0), most(1.0)


def limit(
    space: Space,
    held: Cells,
    content: Cells,
    low: Cells,
    extra: Fluxes,
    within: tuple[Cells, Cells],
) -> Fluxes:
    """The share of each correction that may be made.

    Args:
        held: 1 where the concentration is given, which nothing limits, else 0.
        content: fluid at the end of the step, m3.
        low: positive solution; `extra`: corrections to it over the step, m3.
        within: least and largest concentration allowed.
    """
    free = jax.tree.map(lambda h: h == 0, held)
    drop, gain = (
        jax.tree.map(
            lambda f, m, b, c, end=end: jnp.where(f, m * (b - c), end), free, content, bound, low
        )
        for bound, end in zip(within, (-jnp.inf, jnp.inf), strict=True)
    )
    unsafe = keep(_unsafe(space, *lax.stop_gradient((content, low, extra, (drop, gain)))))
    sums = _sums(space, extra, unsafe)
    return _shares(
        space,
        extra,
        jax.tree.map(_share, unsafe, gain, sums.gain),
        jax.tree.map(_share, unsafe, drop, sums.drop),
    )


def _unsafe(
    space: Space,
    content: Cells,
    low: Cells,
    extra: Fluxes,
    room: tuple[Cells, Cells],
) -> Mask:
    """Dual cells that might leave their bounds, whatever share of their neighbours is limited."""
    largest = jnp.maximum(*(jnp.abs(part).max(initial=0.0) for part in low))
    slack = jax.tree.map(lambda m: SLACK * largest * m, content)

    def look(state: tuple) -> tuple:
        _, unsafe, count = state
        sums = _sums(space, extra, unsafe)
        found = jax.tree.map(
            lambda u, s, g, d, down, up, e: u | (s + g > up + e) | (s + d < down - e),
            unsafe,
            sums.sure,
            sums.gain,
            sums.drop,
            *room,
            slack,
        )
        more = sum(jnp.sum(f & ~u) for f, u in zip(found, unsafe, strict=True)) > 0
        return more, found, count + 1

    def proceed(state: tuple) -> Array:
        return state[0] & (state[2] < SWEEPS)

    nobody = jax.tree.map(lambda c: jnp.zeros(c.shape, bool), low)
    more, unsafe, _ = lax.while_loop(proceed, look, (jnp.asarray(True), nobody, 0))
    return jax.tree.map(lambda u: u | more, unsafe)  # found no end: limit everywhere


def _sums(space: Space, extra: Fluxes, unsafe: Mask) -> Sums:
    """Corrections that reach each dual cell; those between two safe ones are sure."""
    fluid, tissue = unsafe
    pairs = space.pairs
    either = fluid[pairs.fluid] | tissue[pairs.tissue]
    sums = []
    for graph, moved, mask, spread, sign, loss in (
        (space.fluid, extra.fluid, fluid, pairs.into_fluid, -1.0, extra.loss[0]),
        (space.tissue, extra.tissue, tissue, pairs.into_tissue, 1.0, extra.loss[1]),
    ):
        open_ = mask[graph.edges].any(axis=0)
        sure, others = jnp.where(open_, 0.0, moved), jnp.where(open_, moved, 0.0)
        onward, back = jnp.maximum(others, 0.0), jnp.minimum(others, 0.0)
        crossing = sign * spread(jnp.where(either, 0.0, extra.sheath))
        uncertain = sign * spread(jnp.where(either, extra.sheath, 0.0))
        lost = jnp.where(mask, 0.0, -loss)
        unlost = jnp.where(mask, -loss, 0.0)
        sums.append(
            (
                graph.of_ends(-sure, sure) + crossing + lost,
                graph.of_ends(-back, onward)
                + jnp.maximum(uncertain, 0.0)
                + jnp.maximum(unlost, 0.0),
                graph.of_ends(-onward, back)
                + jnp.minimum(uncertain, 0.0)
                + jnp.minimum(unlost, 0.0),
            )
        )
    return Sums(*((first, second) for first, second in zip(*sums, strict=True)))


def _shares(space: Space, extra: Fluxes, gain: Cells, drop: Cells) -> Fluxes:
    """What receiver and giver both allow."""

    def of(moved: Array, first: tuple[Array, Array], second: tuple[Array, Array]) -> Array:
        onward = jnp.minimum(first[1], second[0])
        return jnp.where(moved > 0, onward, jnp.minimum(first[0], second[1]))

    def edges(moved: Array, graph: Graph, part: int) -> Array:
        first, second = graph.at_ends(jnp.stack([gain[part], drop[part]]))
        (up, down), (upper, lower) = parts(first), parts(second)
        return of(moved, (up, down), (upper, lower))

    inside, outside = space.pairs.inside, space.pairs.outside
    return Fluxes(
        fluid=edges(extra.fluid, space.fluid, 0),
        tissue=edges(extra.tissue, space.tissue, 1),
        sheath=of(
            extra.sheath,
            (inside(gain[0]), inside(drop[0])),
            (outside(gain[1]), outside(drop[1])),
        ),
        loss=jax.tree.map(lambda x, up, down: jnp.where(x > 0, down, up), extra.loss, gain, drop),
    )


def _around(space: Space, fluid: Sourced, tissue: Sourced) -> tuple[Sourced, Sourced]:
    """Largest value among each vertex, its neighbours and its partner across the sheath."""
    pairs = space.pairs
    outside = jax.tree.map(lambda x: x[pairs.tissue], tissue)
    inside = jax.tree.map(lambda x: x[pairs.fluid], fluid)
    return (
        _beside(space.fluid, fluid, outside, pairs.fluid_slot),
        _beside(space.tissue, tissue, inside, pairs.tissue_slot),
    )


def _beside(graph: Graph, own: Sourced, partner: Sourced, slot: Array) -> Sourced:
    """The largest of a vertex, its row of neighbours, what continues it, and its partner."""
    pattern, count = graph.neighbours, own[0].shape[0]
    real = graph.row_edges < graph.edges.shape[1]
    values, sources = jax.tree.map(materialise, own)

    def look(found: Sourced, place: tuple[Array, Array]) -> tuple[Sourced, None]:
        column, there = place
        return _greater(found, (jnp.where(there, values[column], NOTHING), sources[column])), None

    length = real.shape[1]
    nobody = jnp.full(length, NOTHING, values.dtype), jnp.zeros(length, sources.dtype)
    rows, _ = lax.scan(look, nobody, (pattern.columns, real))
    row, further = jax.tree.map(lambda x: x[:count], rows), jax.tree.map(lambda x: x[count:], rows)
    around = _greater(_greater(own, row), _placed(further, pattern.continued))
    return _greater(around, _placed(partner, slot))


def _placed(few: Sourced, slot: Array) -> Sourced:
    """Values of a few at their places among all, less than any where there is none."""
    values, sources = few
    nothing = jnp.full(1, NOTHING, values.dtype), jnp.zeros(1, sources.dtype)
    return (
        jnp.concatenate([values, nothing[0]])[slot],
        jnp.concatenate([sources, nothing[1]])[slot],
    )


def _greater(one: Sourced, other: Sourced) -> Sourced:
    """The greater value, and whose it is."""
    more = other[0] > one[0]
    return jnp.where(more, other[0], one[0]), jnp.where(more, other[1], one[1])


def _share(unsafe: Array, room: Array, wanted: Array) -> Array:
    """Share of what is wanted that there is room for; one where nobody is in danger."""
    counts = unsafe & (wanted != 0)
    return jnp.where(
        counts, jnp.clip(jnp.where(counts, room, 1.0) / jnp.where(counts, wanted, 1.0), 0, 1), 1.0
    )
