"""Which end opens into which reservoir, and which vertices thereby hold its concentration."""

import jax.numpy as jnp
import numpy as np

from solver.geometry.space import Space
from solver.route.kinds import Compartment, Compartments, Inflow, Route
from solver.tracer.mouth import Joins

OUTER, MOUTH = "outer", "mouth"


def reservoir_ends(route: Route, space: Space) -> dict[str, tuple[str, ...]]:
    """The ends of each reservoir, by the reservoir's name, in the order of arrays over them.

    Mouths that open into no compartment are a last reservoir, whose concentration is held; with
    `Inflow` each is one by itself.
    """
    mouths = ends_named("inlet", space)
    if isinstance(route, Inflow):
        return {name: (name,) for name in mouths}
    ends = {
        name: tuple(end for word in place.ends for end in ends_named(word, space))
        for name, place in compartments_of(route).items()
    }
    taken = {end for names in ends.values() for end in names}
    left = tuple(name for name in mouths if name not in taken)
    return ends | ({MOUTH: left} if left or not ends else {})


def compartments_of(route: Route) -> dict[str, Compartment]:
    """The compartments in the order of arrays; none if the route has none."""
    return dict(sorted(route.compartments.items())) if isinstance(route, Compartments) else {}


def ends_named(word: str, space: Space) -> tuple[str, ...]:
    """The ends that a word means: one by its own name, or all of a kind."""
    if word == OUTER:
        return (OUTER,)
    return tuple(
        name for name in space.end_names if word in (name, name.rstrip("0123456789").rstrip("_"))
    )


def join(route: Route, space: Space) -> Joins:
    """Tabulate the vertices of each reservoir. Host only."""
    ends = reservoir_ends(route, space)
    fluid = np.zeros((len(ends), space.fluid.vertices))
    tissue = np.zeros((len(ends), space.tissue.vertices))
    for row, names in enumerate(ends.values()):
        for name in names:
            if name == OUTER:
                tissue[row] = np.asarray(space.tissue_outer)
            else:
                fluid[row, np.asarray(space.end(name).vertices)] = 1.0
    return Joins(jnp.asarray(fluid), jnp.asarray(tissue))
