"""The words of a run: what is simulated, what is prepared, where it stands."""

from dataclasses import dataclass, field, replace
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from meshes.mesh import Mesh
from solver.algebra.recall import Memory
from solver.flow.assemble import Plan
from solver.flow.past import Past
from solver.flow.past import at_rest as flow_at_rest
from solver.flow.stokes_darcy import StokesDarcy
from solver.geometry.metric import Points
from solver.geometry.space import Space
from solver.rates.choice import Averaged, Rates
from solver.rates.stroke import nothing_yet
from solver.record import record, static
from solver.route.fluid import initial_concentrations, volumes_at_rest
from solver.route.kinds import Renewed, Route
from solver.tracer.initial import begin
from solver.tracer.mouth import Joins, at, held_at_mouth, share
from solver.tracer.species import AdvectionDiffusion, Concentration


@record
class Model:
    """Everything a run needs to know; its leaves are what a fit may free.

    Attributes:
        mesh: the vessel's surroundings at rest.
        signal: norepinephrine in time (`solver.signal`).
        wall: how vessels answer (`solver.wall`).
        flow: how fluid moves; `tracer`: what it carries.
        route: what lies beyond the ends (`solver.route`).
        tracers: further ones that the same flow carries, by name.
        rates: what is done with bands too fast for the steps (`solver.rates`).
    """

    mesh: Mesh = static()
    signal: Any
    wall: Any
    flow: StokesDarcy = StokesDarcy()
    tracer: AdvectionDiffusion = AdvectionDiffusion()
    route: Route = Renewed()
    tracers: dict[str, AdvectionDiffusion] = field(default_factory=dict)
    rates: Rates = Averaged()


@dataclass(frozen=True)
class Span:
    """How long a run is: how many steps, and until when, s."""

    steps: int
    until: float


@record
class Prepared:
    """What is known before the first step.

    Attributes:
        space: topology and rest geometry; `plan`: of the flow solve.
        joins: vertices that have the concentration of what lies beyond their end.
        step: time step, s.
        span: how long the run is; None in a program that steps without knowing.
        averaged: bands of the wall that the steps do not show.
    """

    space: Space
    plan: Plan
    joins: Joins
    step: float
    span: Span | None = static(default=None)
    averaged: tuple[str, ...] = static(default=())

    @property
    def steps(self) -> int:
        """How many steps the run has."""
        return self._known.steps

    @property
    def until(self) -> float:
        """End of the run, s."""
        return self._known.until

    @property
    def _known(self) -> Span:
        if self.span is None:
            raise ValueError("a single step does not know how long the run is")
        return self.span

    def without_end(self) -> "Prepared":
        """The same for programs of one step, which runs of any length share."""
        return replace(self, span=None)

    @property
    def held(self) -> Float[Array, " vertices"]:
        """1 on PVS vertices at the subarachnoid mouth, else 0."""
        return held_at_mouth(self.space)


@record
class State:
    """A run at one moment.

    Attributes:
        index: steps done.
        points: PVS vertices now, m.
        velocity: of PVS vertices, mean over the last step, m/s; `pressure`, Pa.
        concentration: in PVS, tissue and reservoirs beyond the ends, relative to the mouth's.
        tracers: the same of further tracers, by name.
        reservoirs: fluid in those, m3.
        past: what the flow needs to know of the steps before.
        fast: what the flow of averaged bands remembers; None without such bands.
    """

    index: Int[Array, ""]
    points: Points
    velocity: Float[Array, "3 vertices"]
    pressure: Float[Array, " vertices"]
    concentration: Concentration
    tracers: dict[str, Concentration]
    reservoirs: Float[Array, " reservoirs"]
    past: Past
    fast: Memory | None = None

    @property
    def tissue_pressure(self) -> Float[Array, " tissue_vertices"]:
        """Now, Pa."""
        return self.past.tissue_pressure


@record
class Health:
    """How the solves of a step went.

    Attributes:
        krylov_iterations, krylov_residual: of the flow solve.
        mass_residual: largest cell imbalance before projection, relative; `balance`: after.
        tracer_iterations: of both tracer stages together.
        inverted: how many PVS cells are inside out halfway through the step.
        converged: whether every solve did, on a mesh whose cells are what they were.
    """

    krylov_iterations: Int[Array, ""]
    krylov_residual: Float[Array, ""]
    mass_residual: Float[Array, ""]
    balance: Float[Array, ""]
    tracer_iterations: Int[Array, ""]
    inverted: Int[Array, ""]
    converged: Bool[Array, ""]


def at_rest(model: Model, space: Space, points: Points, joins: Joins, averaged: int = 0) -> State:
    """The state before anything has moved: no flow, tracer as the model starts it.

    Args:
        averaged: how many bands of the wall are averaged.
    """
    fluid, route = space.fluid.vertices, model.route

    def begun(tracer: AdvectionDiffusion) -> Concentration:
        beyond = initial_concentrations(route, space, at(tracer.mouth, 0.0))
        return share(joins, (*begin(tracer, space), beyond))

    return State(
        index=jnp.zeros((), jnp.int32),
        points=points,
        velocity=jnp.zeros((3, fluid)),
        pressure=jnp.zeros(fluid),
        concentration=begun(model.tracer),
        tracers={name: begun(tracer) for name, tracer in model.tracers.items()},
        reservoirs=volumes_at_rest(route, space),
        past=flow_at_rest(model.flow, space),
        fast=nothing_yet(model.flow, space, averaged) if averaged else None,
    )
