"""V11 to V14: tracer that spreads, is taken up, is carried; and the mesh that moves."""

import jax
import jax.numpy as jnp
import numpy as np

from meshes.annulus import annulus
from solver.flow import Sheath, StokesDarcy, Tissue
from solver.flow.stokes import edge_divergence, mesh_fluxes, stokes_edges
from solver.geometry.metric import dot, sweep, swept_areas, vertex_areas_of
from solver.geometry.space import build_space
from solver.signal import Quiet
from solver.simulate import prepare, simulate
from solver.state import Model
from solver.tracer import AdvectionDiffusion
from solver.wall import Prescribed
from tests.exact.carried import UM, Krogh, OgataBanks, TaylorAris
from tests.verification.test_moving_mesh import STEP, swirled
from tests.verification.test_tracer import KAPPA, KROGH

from .problem import Errors, Problem


def dispersed(across: int) -> Errors:
    """Growth of a cloud's variance."""
    return {
        f"dispersion, R2/R1 = {ratio:g}": abs(
            TaylorAris(ratio, KAPPA[ratio]).solve(across, 228, 60) - 1.0
        )
        for ratio in (1.5, 2.0)
    }


def taken_up(n: int) -> Errors:
    """Mean concentration of the tissue."""
    return {
        f"mean after {time:g} s": abs(Krogh().solve(6 * n, 8 * n, time, 20 * n) / mean - 1.0)
        for time, mean in KROGH.items()
    }


def carried(along: int) -> Errors:
    """A front from a held mouth, root mean square over the tube."""
    front = OgataBanks()
    space, found = front.solve(5.0, 400 * UM, along, along)
    exact = front(np.asarray(space.fluid_rest[2]), 5.0)
    return {"concentration": float(np.sqrt(((found - exact) ** 2).mean()))}


def moved(across: int) -> Errors:
    """What is to hold to round-off on any mesh in any motion."""
    mesh = annulus(
        6 * UM,
        9 * UM,
        60 * UM,
        tissue_outer=40 * UM,
        across=across,
        around=4 * across,
        along=4 * across,
    )
    wall = Prescribed(0.1, 0.02)
    flow = StokesDarcy(
        sheath=Sheath(conductance=3e-9), tissue=Tissue(permeability=1e-15, storage=5e-4)
    )
    model = Model(mesh, signal=Quiet(), wall=wall, flow=flow, tracer=AdvectionDiffusion())
    run = simulate(model, prepare(model, until=20.0, step=2.0))
    return {
        "swept volumes against cell volumes": _swept(mesh),
        "fluid volume of a run": run.fluid_volume_imbalance,
        "tracer mass of a run": run.tracer_mass_imbalance,
    }


def _swept(mesh) -> float:
    """The largest difference of a cell's change and what its faces swept, over the largest cell."""
    space = build_space(mesh)
    start, end = swirled(space, -0.4), swirled(space, 0.6)

    @jax.jit
    def error(start, end):
        step = sweep(start, end, space.fluid)
        boundary = swept_areas(start, end, space.boundary)
        edges = stokes_edges(step, space.fluid, boundary, space.edge_facets, jnp.asarray(1e-3), 0.2)
        motion = (end - start) / STEP
        through = edge_divergence(mesh_fluxes(edges, space.fluid, motion), space.fluid)
        at_boundary = dot(motion, vertex_areas_of(space.boundary, boundary))
        change = step.end_volumes - step.start_volumes
        return jnp.abs(change - STEP * (through + at_boundary)).max() / step.start_volumes.max()

    return float(error(start, end))


TRACERS = (
    Problem(
        "V11",
        "Dispersion along an annulus",
        "A cloud in the flow between two cylinders at Pe = 20 grows as D (1 + kappa Pe^2) "
        "(Taylor 1953, Aris 1956).",
        dispersed,
        (4, 8, 16),
        remark="228 cells along and 60 steps on every mesh; only the cells across are refined.",
    ),
    Problem(
        "V12",
        "Uptake of a Krogh cylinder",
        "Radii 9 and 100 um, D* = 1.2e-10 m2/s, the inner face held at one; series of Bessel "
        "functions.",
        taken_up,
        (1, 2, 4),
        size="sixths of the layers",
    ),
    Problem(
        "V13",
        "A front from a held mouth",
        "20 um/s and D = 1.4e-10 m2/s, 400 um, after 5 s (Ogata & Banks 1961); steps are refined "
        "with the cells.",
        carried,
        (20, 40, 80, 160),
        size="cells along",
    ),
    Problem(
        "V14",
        "A mesh that moves",
        "Identities: what the faces of a cell sweep is the change of its volume (wall pushed "
        "unevenly, inside swirled); a run of ten steps keeps fluid volume and tracer mass, 10 % "
        "motion, leaky endfeet, storage.",
        moved,
        (2, 3, 4),
        order=None,
        remark="No convergence: round-off on every mesh.",
    ),
)
