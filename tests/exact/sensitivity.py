"""How the exchange of V8 answers to each parameter: the discrete flow's derivatives, and the exact.

d/d(k_t, L_p, alpha, V, mu) of int u_r 2 pi R2 dz over the half length where fluid goes out
"""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from solver.flow import Sheath, StokesDarcy, Tissue
from solver.flow.boundary import boundary_of
from solver.flow.past import at_rest
from solver.flow.plan import plan
from solver.flow.solve import solve
from solver.geometry.metric import sweep
from solver.geometry.space import build_space
from tests.exact.coupled import Coupled
from tests.exact.unoptimised import unoptimised

NAMES = ("permeability", "conductance", "slip", "speed", "viscosity")
Numbers = dict[str, Array]
Discrete = Callable[[Numbers], tuple[Array, Numbers]]  # exchange and its derivatives


def flow_of(base: StokesDarcy, numbers: Numbers) -> StokesDarcy:
    """A flow with numbers put in."""
    return replace(
        base,
        viscosity=numbers["viscosity"],
        sheath=Sheath(conductance=numbers["conductance"], slip=numbers["slip"]),
        tissue=Tissue(permeability=numbers["permeability"], storage=0.0),
    )


def _exchange(numbers, base, prepared, space, pushed, share):
    flow = flow_of(base, numbers)
    still = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
    data = boundary_of(flow, space, still, 1.0)
    data = replace(data, velocity=numbers["speed"] * pushed)
    found = solve(flow, prepared, space, still, data, at_rest(flow, space), 1.0)
    return (found.exchange * share).sum()


_gradient = unoptimised(jax.value_and_grad(_exchange))


def discrete_exchange(exact: Coupled, n: int, derivatives: float | None = None) -> Discrete:
    """Prepare at the exact problem's own numbers: exchange and its derivatives, near them.

    Args:
        derivatives: tolerance of their solve; by default that of the flow.
    """
    base = replace(exact.parameters(), tolerance=1e-12, derivative_tolerance=derivatives, memory=1)
    own = {name: jnp.asarray(float(getattr(exact, name))) for name in NAMES}
    space = build_space(exact.mesh(n))
    prepared = plan(flow_of(base, own), space, 1.0)
    rest = np.asarray(space.fluid_rest)
    on_wall = np.asarray(space.wall.slot) < space.wall.vertices.shape[0]
    # on the wall V cos kz whatever the sheath; the formula divides by L_p
    unit = replace(exact, conductance=1.0, speed=1.0).velocity(rest)
    pushed = jnp.asarray(np.where(on_wall, unit, 0.0))
    height = rest[2][np.asarray(space.pairs.fluid)] - 0.5 * exact.length
    share = jnp.asarray(np.where(np.abs(height) < 1e-9, 0.5, height < 0.0).astype(float))
    given = (base, prepared, space, pushed, share)
    return lambda numbers: _gradient(numbers, *given)


def exact_slopes(exact: Coupled) -> dict[str, float]:
    """Derivatives of the exact exchange: central differences of the formula, good to 1e-9."""
    slopes = {}
    for name in NAMES:
        value = getattr(exact, name)
        step = 1e-4 * value
        side = {k: replace(exact, **{name: value + k * step}).exchange for k in (-2, -1, 1, 2)}
        slopes[name] = (8.0 * (side[1] - side[-1]) - (side[2] - side[-2])) / (12.0 * step)
    return slopes
