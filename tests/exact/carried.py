"""Tracer alone, carried by a flow that is given: straight tubes, closed forms."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.special import erfc

from meshes.annulus import annulus
from solver.flow.stokes import edge_divergence, mesh_fluxes, stokes_edges
from solver.geometry.metric import sweep, swept_areas
from solver.geometry.space import Space, build_space
from solver.geometry.topology import LOCAL_EDGES
from solver.record import record
from solver.route.joins import join
from solver.route.kinds import Renewed
from solver.tracer import AdvectionDiffusion
from solver.tracer.carry import carry
from solver.tracer.mouth import Joins, Reservoirs, renewed, share
from tests.exact.unoptimised import unoptimised

UM = 1e-6


def tube(length: float, along: int, **choices) -> Space:
    """A straight annulus; four corners do where nothing depends on the angle."""
    usual = {"inner": 6 * UM, "outer": 9 * UM, "across": 1, "around": 4}
    chosen = usual | choices
    return build_space(
        annulus(chosen.pop("inner"), chosen.pop("outer"), length, along=along, **chosen)
    )


@record
class Given:
    """What a flow tells the tracer; no tissue flow, nothing through the sheath."""

    relative_fluxes: Float[Array, " edges"]
    end_fluxes: Float[Array, " vertices"]
    tissue_fluxes: Float[Array, " tissue_edges"]
    exchange: Float[Array, " pairs"]
    outer_fluxes: Float[Array, " tissue_vertices"]


def flow_of(space: Space, relative_fluxes, end_fluxes=None) -> Given:
    """A flow in the PVS alone."""
    return Given(
        relative_fluxes=relative_fluxes,
        end_fluxes=jnp.zeros(space.fluid.vertices) if end_fluxes is None else end_fluxes,
        tissue_fluxes=jnp.zeros(space.tissue.edges.shape[1]),
        exchange=jnp.zeros(space.pairs.fluid.shape[0]),
        outer_fluxes=jnp.zeros(space.tissue.vertices),
    )


@unoptimised
def along_axis(space: Space, speed) -> Given:
    """A flow along z whose speed at each vertex depends on its place across alone, m/s."""
    graph = space.fluid
    step = sweep(space.fluid_rest, space.fluid_rest, graph)
    mean = jnp.broadcast_to(speed, graph.vertices)[graph.cells].mean(axis=0)
    local = [(step.areas[a] - step.areas[b])[2] / 12.0 * mean for a, b in LOCAL_EDGES]
    through = graph.around_edges(jnp.stack(local))
    return flow_of(space, through, -edge_divergence(through, graph))


@unoptimised
@partial(jax.vmap, in_axes=(None, 0, 0, None))
def past_a_mesh(space: Space, start, end, length: float) -> Given:
    """Fluid at rest, seen from a mesh that goes from `start` to `end` in `length` seconds.

    A step for every pair of places on their first axis.
    """
    step = sweep(start, end, space.fluid)
    areas = swept_areas(start, end, space.boundary)
    edges = stokes_edges(step, space.fluid, areas, space.edge_facets, jnp.asarray(1e-3), 0.2)
    return flow_of(space, -mesh_fluxes(edges, space.fluid, (end - start) / length))


def at_mouth(space: Space) -> Reservoirs:
    """The mouth, held."""
    return renewed(join(Renewed(), space))


def nowhere(space: Space) -> Reservoirs:
    """No reservoir at all."""
    return renewed(
        Joins(jnp.zeros((0, space.fluid.vertices)), jnp.zeros((0, space.tissue.vertices)))
    )


@record
class History:
    """Concentrations at the end, and of each step PVS concentration and volume, and what left."""

    end: tuple
    fluid: Float[Array, "steps vertices"]
    volumes: Float[Array, "steps vertices"]
    left: Float[Array, " steps"]


def march(space, tracer, flow, beyond, start, duration: float, steps: int, places=None) -> History:
    """Carry tracer for `steps` steps, from concentrations `start` in PVS and tissue.

    Args:
        places: PVS vertices at every time, one more than steps; at rest by default. With them
            `flow` has a first axis of steps.
    """
    if places is None:
        places = jnp.broadcast_to(space.fluid_rest, (steps + 1, *space.fluid_rest.shape))
        flow = jax.tree.map(lambda x: jnp.broadcast_to(x, (steps, *x.shape)), flow)
    begun = share(beyond.joins, (*start, jnp.full(beyond.held.shape, tracer.mouth)))
    history, converged = _march(space, tracer, flow, beyond, begun, places, duration / steps)
    assert bool(converged.all())
    return history


@unoptimised
def _march(space, tracer, flow, beyond, begun, places, length):
    """Compiled once for all cases of one shape."""
    nothing = (jnp.zeros(space.tissue.vertices),) * 2

    def once(c, given):
        now, before, after = given
        step = sweep(before, after, space.fluid)
        done = carry(tracer, space, beyond, step, now, nothing, c, length, 0.0)
        left = done.ends.sum() + done.outer + done.uptake - done.produced
        seen = done.concentration[0], step.end_volumes, left, done.converged
        return done.concentration, seen

    end, (fluid, volumes, left, converged) = jax.lax.scan(
        once, begun, (flow, places[:-1], places[1:])
    )
    return History(end, fluid, volumes, left), converged


@dataclass(frozen=True)
class OgataBanks:
    """V13: a front from a held mouth into a uniform flow (Ogata & Banks 1961)."""

    speed: float = 20 * UM
    diffusivity: float = 1.4e-10

    def __call__(self, path, time: float):
        """Concentration relative to the mouth's."""
        width = 2.0 * np.sqrt(self.diffusivity * time)
        ahead = erfc((path - self.speed * time) / width)
        mirror = np.exp(self.speed * path / self.diffusivity)
        return 0.5 * (ahead + mirror * erfc((path + self.speed * time) / width))

    def solve(self, time: float, length: float, along: int, steps: int):
        """Space and computed PVS concentration."""
        space = tube(length, along)
        tracer = AdvectionDiffusion(diffusivity=self.diffusivity, tolerance=1e-13)
        zeros = jnp.zeros(space.fluid.vertices), jnp.zeros(0)
        flow = along_axis(space, self.speed)
        history = march(space, tracer, flow, at_mouth(space), zeros, time, steps)
        return space, np.asarray(history.end[0])


@dataclass(frozen=True)
class TaylorAris:
    """V11: dispersion in an annulus, D (1 + kappa Pe^2), Pe = U h / D (Taylor 1953, Aris 1956)."""

    ratio: float
    kappa: float
    peclet: float = 20.0
    inner: float = 6 * UM
    diffusivity: float = 1.4e-10

    def solve(self, across: int, along: int, steps: int) -> float:
        """Dispersion found over that expected, from the growth of a cloud's variance."""
        # Nothing depends on the angle, so a polygon of area-true rings is an annulus whose radii
        # are those of its flat sides.
        flat = np.sqrt(np.pi / 2.0) * np.cos(np.pi / 4.0)
        inner, gap = self.inner, (self.ratio - 1.0) * self.inner
        speed = self.peclet * self.diffusivity / (flat * gap)
        mixing = (flat * gap) ** 2 / self.diffusivity
        time, width = 3.0 * mixing, 12.0 * gap  # mixed to 4e-7 by half of it
        length = speed * time + 14.0 * width
        space = tube(length, along, inner=inner, outer=inner + gap, across=across)
        r = inner + gap * space.fraction
        profile = (
            r**2 - inner**2 - gap * (2 * inner + gap) * jnp.log(r / inner) / np.log(self.ratio)
        )
        volumes = sweep(space.fluid_rest, space.fluid_rest, space.fluid).start_volumes
        flow = along_axis(space, profile)
        flux = flow.end_fluxes[space.end("distal_1").vertices].sum()
        scale = speed * volumes.sum() / length / flux
        flow = along_axis(space, profile * scale)
        z = space.fluid_rest[2]
        cloud = jnp.exp(-0.5 * ((z - 6.0 * width) / width) ** 2)

        tracer = AdvectionDiffusion(diffusivity=self.diffusivity, mouth=0.0)
        start = cloud, jnp.zeros(0)
        history = march(space, tracer, flow, at_mouth(space), start, time, steps)
        weight = history.fluid * volumes
        mean = (weight @ z) / weight.sum(axis=1)
        spread = (weight @ z**2) / weight.sum(axis=1) - mean**2
        half = steps // 2
        found = (spread[-1] - spread[half - 1]) / (2.0 * time * (steps - half) / steps)
        return float(found / (self.diffusivity * (1.0 + self.kappa * self.peclet**2)))


@dataclass(frozen=True)
class Krogh:
    """V12: uptake of a Krogh cylinder whose inner face is held at one."""

    inner: float = 9 * UM
    outer: float = 100 * UM
    diffusivity: float = 1.2e-10

    def solve(self, layers: int, around: int, time: float, steps: int) -> float:
        """Mean concentration of the tissue."""
        space = tube(
            4 * UM,
            1,
            outer=self.inner,
            around=around,
            tissue_outer=self.outer,
            tissue_layers=layers,
        )
        beyond = renewed(
            Joins(jnp.ones((1, space.fluid.vertices)), jnp.zeros((1, space.tissue.vertices)))
        )
        tracer = AdvectionDiffusion(
            diffusivity=self.diffusivity, tortuosity=1.0, sheath_permeability=1.0
        )
        zeros = jnp.zeros(space.fluid.vertices), jnp.zeros(space.tissue.vertices)
        rest = flow_of(space, jnp.zeros(space.fluid.edges.shape[1]))
        end = march(space, tracer, rest, beyond, zeros, time, steps).end
        volumes = space.tissue_shape.volumes
        return float((volumes * end[1]).sum() / volumes.sum())
