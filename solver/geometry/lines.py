"""Lines of vertices across the perivascular space, from wall to sheath.

On a layered mesh each wall-sheath column is one line whose neighbours share an edge. Across a thin
gap they couple far more strongly than along it, so a solver that treats each line at once sees
the rest as a small disturbance, however many layers there are. On a mesh without layers each vertex
is a line of its own.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from solver.record import record, static

ON_SURFACE = 1e-6  # fraction of the gap within which a vertex is on the wall or the sheath


@record
class Lines:
    """Vertices line by line.

    Attributes:
        vertices: those of each line in their order; padded with the number of vertices.
        place: position of each vertex in the flattened table.
        edges: edge from each vertex to the next; padded with the number of edges.
        layered: whether every line crosses the whole space.
    """

    vertices: Int[Array, "levels lines"]
    place: Int[Array, " vertices"]
    edges: Int[Array, "gaps lines"]
    layered: bool = static()


def build_lines(
    column: Int[np.ndarray, " vertices"],
    fraction: Float[np.ndarray, " vertices"],
    edges: Int[np.ndarray, "2 edges"],
) -> Lines:
    """Tabulate the lines of columns. Host only.

    Args:
        column: column of each vertex.
        fraction: where it stands between wall, 0, and sheath, 1.
        edges: end vertices of each edge, ascending, in ascending order.
    """
    count = len(column)
    order = np.lexsort((fraction, column))
    along = column[order[1:]] == column[order[:-1]]
    low, high = np.sort(np.stack([order[:-1], order[1:]]), axis=0).astype(np.int64)
    keys = edges[0].astype(np.int64) * count + edges[1]
    edge = np.searchsorted(keys, low * count + high)
    edge = np.minimum(edge, len(keys) - 1)
    joined = keys[edge] == low * count + high
    first = np.concatenate([[True], ~along])
    last = np.concatenate([~along, [True]])
    whole = (fraction[order[first]] < ON_SURFACE) & (fraction[order[last]] > 1.0 - ON_SURFACE)
    if not (joined[along].all() and whole.all()):
        alone = jnp.arange(count, dtype=jnp.int32)
        return Lines(alone[None], alone, jnp.zeros((0, count), jnp.int32), layered=False)
    line = np.cumsum(first) - 1
    level = np.arange(count) - np.flatnonzero(first)[line]
    shape = (int(level.max()) + 1, int(line[-1]) + 1)
    vertices = np.full(shape, count, np.int32)
    vertices[level, line] = order
    place = np.empty(count, np.int32)
    place[order] = level * shape[1] + line
    between = np.full((shape[0] - 1, shape[1]), len(keys), np.int32)
    between[level[:-1][along], line[:-1][along]] = edge[along]
    return Lines(jnp.asarray(vertices), jnp.asarray(place), jnp.asarray(between), layered=True)
