"""Line scans: the lumen's diameter at a place, and the fluid's velocity across the gap there.

A scan crosses the vessel where the path from the mouth has a given length. The wall's edges that
this level cuts form a ring; what is read on the ring is linear between the ends of its edges.

    diameter   2 R, R = R10 (1 + e . (x - X) / reach), mean over the ring
    velocity   u . t at places from wall to sheath, along one radius e of the ring; t is the
               direction in which the path grows; positive away from the mouth

m, m/s; velocities are means over the step before, as the flow's own columns. Places go with the
mesh: the first stays on the moving wall, the last on the sheath.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from meshes.errors import InputError
from solver.geometry.space import Space
from solver.observe.instrument import Axis, Point, Readings, Ready, micrometres, on_device, point
from solver.record import record
from solver.state import Model, Prepared, State

OUTSIDE = -0.25  # barycentric: a place that far out of the nearest cell is out of the space


class Ring(NamedTuple):
    """Where the level of a path cuts the edges of an artery's wall.

    Attributes:
        edges: end vertices of each cut edge; `weight` of the second.
        path: m.
        centre: m.
    """

    edges: Int[np.ndarray, "2 cuts"]
    weight: Float[np.ndarray, " cuts"]
    path: float
    centre: Float[np.ndarray, "3"]

    def at(self, values: np.ndarray) -> np.ndarray:
        """Vertex values (last axis) at the cuts."""
        first, second = self.edges
        return values[..., first] * (1.0 - self.weight) + values[..., second] * self.weight


@record
class DiameterLook:
    """The lumen's diameter on one ring, linear in the positions of its vertices."""

    vertices: Int[Array, "2 cuts"]
    weight: Float[Array, "2 cuts"]
    rest: Float[Array, ""]

    def __call__(self, state: State, prepared: Prepared) -> Readings:
        """`diameter_m`."""
        space = prepared.space
        moved = (state.points - space.fluid_rest)[:, self.vertices]
        outward = (moved * space.radial[:, self.vertices]).sum(axis=0)
        return {"diameter_m": self.rest + (self.weight * outward).sum()}


@record
class DiameterScan:
    """The diameter of an artery's lumen at one place.

    Attributes:
        path: from the mouth, m; None: half way along.
        at: a place near the vessel, m, which chooses path and branch; None: all branches at
            that path.
    """

    path: float | None = None
    at: Point | None = None

    def prepare(self, name: str, model: Model, prepared: Prepared) -> Ready:
        """Find the ring. Raises `InputError` where no artery is cut."""
        del model
        space = prepared.space
        found = rings(name, space, self.path, self.at)
        radius, reach = np.asarray(space.radius), np.asarray(space.reach)
        cuts = [_both_ends(ring, radius / reach) for ring in found]
        look = DiameterLook(
            vertices=np.concatenate([ring.edges for ring in found], axis=1),
            weight=np.concatenate(cuts, axis=1) * 2.0 / len(found),
            rest=2.0 * np.mean([ring.at(radius).mean() for ring in found]),
        )
        return Ready(on_device(look), _words("diameter", found))


@record
class VelocityLook:
    """Axial velocity at places across the gap, linear in the velocities of vertices."""

    corners: Int[Array, "4 places"]
    share: Float[Array, "4 places"]
    along: Float[Array, "3"]
    weight: Float[Array, " places"]

    def __call__(self, state: State, prepared: Prepared) -> Readings:
        """`velocity_m_per_s` by place, and `mean_velocity_m_per_s` along the line."""
        del prepared
        axial = jnp.einsum("i,iv->v", self.along, state.velocity)
        line = (self.share * axial[self.corners]).sum(axis=0)
        return {
            "velocity_m_per_s": line,
            "mean_velocity_m_per_s": (self.weight * line).sum(),
        }


@record
class VelocityScan:
    """Axial velocity along one radius from wall to sheath.

    Attributes:
        path: from the mouth, m; None: half way along.
        at: a place near the vessel, m, which chooses path, branch and side; None: the first
            branch at that path, and its first side.
        places: how many, wall and sheath included.
    """

    path: float | None = None
    at: Point | None = None
    places: int = 9

    def prepare(self, name: str, model: Model, prepared: Prepared) -> Ready:
        """Find the line. Raises `InputError` where no artery is cut or the line leaves the gap."""
        del model
        if not self.places >= 2:
            raise InputError(f"observe.{name}.places is {self.places}; give 2 or more")
        space = prepared.space
        ring = rings(name, space, self.path, self.at)[0]
        foot = ring.at(np.asarray(space.fluid_rest))
        side = 0
        if self.at is not None:
            wanted = point(f"observe.{name}.at", self.at)
            side = int(np.linalg.norm(foot - wanted[:, None], axis=0).argmin())
        out = ring.at(np.asarray(space.radial))[:, side]
        out = out / np.linalg.norm(out)
        width = float(ring.at(np.asarray(space.gap))[side])
        fraction = np.linspace(0.0, 1.0, self.places)
        line = foot[:, side, None] + out[:, None] * fraction * width
        cell, share = _locate(name, space, line)
        along = _path_gradient(space, cell).mean(axis=1)
        along = along - (along @ out) * out
        spacing = np.full(self.places, 1.0 / (self.places - 1))
        spacing[[0, -1]] *= 0.5
        look = VelocityLook(
            corners=np.asarray(space.fluid.cells)[:, cell],
            share=share,
            along=along / np.linalg.norm(along),
            weight=spacing,
        )
        axis = Axis("distance_from_wall", "m", fraction * width)
        return Ready(on_device(look), _words("velocity across the gap", [ring]), axes=(axis,))


def rings(name: str, space: Space, path: float | None, at: Point | None) -> list[Ring]:
    """The rings in which arteries are cut at a path; the nearest one to a place.

    Raises:
        InputError: no artery's wall is cut at that path.
    """
    rest, along = np.asarray(space.fluid_rest), np.asarray(space.path)
    wall = np.asarray(space.wall.vertices)
    wall = wall[np.asarray(space.arterial)[wall] > 0]
    reached = along[wall]
    place = None if at is None else point(f"observe.{name}.at", at)
    if place is not None:
        level = float(reached[np.linalg.norm(rest[:, wall] - place[:, None], axis=0).argmin()])
    else:
        level = 0.5 * float(reached.max()) if path is None else float(path)
    found = _cut(space, np.clip(level, *_inside(reached)) if place is not None else level)
    if not found:
        raise InputError(
            f"observe.{name}.path is {1e6 * level:.4g} um; the arteries' walls of "
            f"{space.fluid_material.name} reach from {1e6 * reached.min():.4g} to "
            f"{1e6 * reached.max():.4g} um from the mouth"
        )
    if place is not None:
        found = [min(found, key=lambda ring: float(np.linalg.norm(ring.centre - place)))]
    return found


def _inside(reached: Float[np.ndarray, " wall"]) -> tuple[float, float]:
    """The path's range, a hair narrower: a level at its very ends cuts nothing."""
    low, high = float(reached.min()), float(reached.max())
    return low + 1e-9 * (high - low), high - 1e-9 * (high - low)


def _cut(space: Space, level: float) -> list[Ring]:
    """Rings of wall edges whose path passes the level, by the number of their first vertex."""
    along, rest = np.asarray(space.path), np.asarray(space.fluid_rest)
    facets = np.asarray(space.wall.facets)
    facets = facets[:, np.asarray(space.arterial)[facets[0]] > 0]
    sides = np.concatenate(
        [np.sort(facets[[a, b]], axis=0) for a, b in ((0, 1), (1, 2), (0, 2))], 1
    )
    above = along[sides] > level
    crossed = np.flatnonzero(above[0] != above[1])
    if not len(crossed):
        return []
    edges, edge = np.unique(sides[:, crossed], axis=1, return_inverse=True)
    facet = crossed % facets.shape[1]
    link = coo_array(
        (np.ones(len(facet)), (edge.ravel(), facet)), shape=(edges.shape[1], facets.shape[1])
    )
    count, label = connected_components(link @ link.T, directed=False)
    weight = (level - along[edges[0]]) / (along[edges[1]] - along[edges[0]])
    found = []
    for number in range(count):
        own = label == number
        ring = Ring(edges[:, own], weight[own], level, np.zeros(3))
        found.append(ring._replace(centre=ring.at(rest).mean(axis=1)))
    return found


def _both_ends(ring: Ring, values: Float[np.ndarray, " vertices"]) -> np.ndarray:
    """Weights of both ends of a ring's edges in the mean of a vertex quantity times `values`."""
    share = np.stack([1.0 - ring.weight, ring.weight]) / len(ring.weight)
    return share * values[ring.edges]


def _locate(
    name: str, space: Space, line: Float[np.ndarray, "3 places"]
) -> tuple[Int[np.ndarray, " places"], Float[np.ndarray, "4 places"]]:
    """The PVS cell of each place, and the shares of its corners there."""
    rest, cells = np.asarray(space.fluid_rest), np.asarray(space.fluid.cells)
    corner = rest[:, cells]
    frame = np.linalg.inv(np.moveaxis(corner[:, 1:] - corner[:, :1], -1, 0))  # cells, corner, axis
    away = line[:, :, None] - corner[:, 0][:, None]
    local = np.einsum("kci,ipk->pkc", frame, away)
    whole = np.concatenate([1.0 - local.sum(axis=2, keepdims=True), local], axis=2)
    best = whole.min(axis=2).argmax(axis=1)
    share = whole[np.arange(line.shape[1]), best]
    lost = share.min(axis=1) < OUTSIDE
    if lost.any():
        raise InputError(
            f"observe.{name}: its line leaves the perivascular space at "
            f"{micrometres(line[:, lost][:, 0])}; choose another place with observe.{name}.at"
        )
    share = np.clip(share, 0.0, None)
    return best, (share / share.sum(axis=1, keepdims=True)).T


def _path_gradient(space: Space, cell: Int[np.ndarray, " places"]) -> Float[np.ndarray, "3 places"]:
    """Gradient of the path in some PVS cells (1)."""
    corners = np.asarray(space.fluid.cells)[:, cell]
    rest, path = np.asarray(space.fluid_rest)[:, corners], np.asarray(space.path)[corners]
    edges = np.moveaxis(rest[:, 1:] - rest[:, :1], (1, 2), (1, 0))  # places, corners, 3
    return np.linalg.solve(edges, (path[1:] - path[0]).T[..., None])[..., 0].T


def _words(what: str, found: list[Ring]) -> str:
    where = micrometres(found[0].centre)
    if len(found) > 1:
        where = f"the mean over {len(found)} branches"
    return f"{what} at {where}, {1e6 * found[0].path:.4g} um from the mouth"
