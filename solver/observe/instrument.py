"""Instruments: what somebody would measure, as a pure function of the state.

An instrument is a record of SI numbers. `prepare` turns it, once and on the host, into a look: a
record that holds its weights as arrays and, called with a state, returns readings by the name
`<quantity>_<unit>`. Looks are differentiable, linear in concentration and velocity, and gather.
Single numbers become columns `<instrument>_<quantity>_<unit>` of the signals; arrays are kept for
every step, with the axes that `prepare` returns beside the look.

A look holds what it needs of the model (porosity, storage, signal) as it was when prepared.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.geometry.space import Space
from solver.record import record, static
from solver.state import Model, Prepared, State

Readings = dict[str, Float[Array, "..."]]
Look = Callable[[State, Prepared], Any]
Watch = Mapping[str, Look]
Point = tuple[float, float, float]

TAKEN = (  # first words of the columns that runs have
    *("time", "norepinephrine", "state", "arousal", "mean", "blood", "pvs", "flow", "tracer"),
    *("fluid", "tissue", "peak", "pressure", "compartment"),
)


class Axis(NamedTuple):
    """One axis of an array that an instrument reads: its name, unit and values."""

    name: str
    unit: str
    values: Float[np.ndarray, " points"]


@dataclass(frozen=True, eq=False)
class Ready:
    """An instrument in place.

    Attributes:
        look: a record called with state and what was prepared; readings by name.
        words: where it is and what it sees, for people.
        axes: of its arrays, in their order.
        facts: numbers about the view, by name with unit.
    """

    look: Any
    words: str
    axes: tuple[Axis, ...] = ()
    facts: dict[str, float] = field(default_factory=dict)


class Instrument(Protocol):
    """Anything that can be put in place on a model."""

    def prepare(self, name: str, model: Model, prepared: Prepared) -> Ready:
        """Put it in place. Raises `InputError` if it would see nothing."""
        ...


def put_in_place(
    instruments: Mapping[str, Instrument], model: Model, prepared: Prepared
) -> dict[str, Ready]:
    """Prepare instruments by name. Host only.

    Raises:
        InputError: a name that cannot be one, or an instrument that sees nothing.
    """
    for name in instruments:
        if not name.isidentifier() or name.split("_")[0] in TAKEN:
            raise InputError(
                f"observe.{name}: columns begin with the name of their instrument, and this one "
                f"{'is taken by the run itself' if name.isidentifier() else 'is no single word'}; "
                "choose another, as in observe.tip"
            )
    return {name: each.prepare(name, model, prepared) for name, each in instruments.items()}


def as_trees(watch: Watch | None) -> dict[str, Any]:
    """Watches as jit takes them: records as they are, bare functions as part of the structure."""
    return {
        name: Partial(look) if jax.tree_util.all_leaves([look]) else look
        for name, look in (watch or {}).items()
    }


def see(looks: Mapping[str, Any], state: State, prepared: Prepared) -> Readings:
    """What all looks read of a state; several readings of one carry its name in front."""
    seen: Readings = {}
    for name, look in looks.items():
        found = look(state, prepared)
        several = isinstance(found, Mapping)
        seen |= {f"{name}_{key}": found[key] for key in found} if several else {name: found}
    return seen


@record
class Noise:
    """Gaussian noise of one instrument, the same in every run of the same seed.

    Attributes:
        level: standard deviation, in the unit of the reading.
        seed: whole number.
        channel: of the instrument, so that several draw different noise from one seed.
    """

    level: float | Float[Array, ""]
    seed: int = static()
    channel: int = static()

    def on(self, state: State, reading: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """The reading with this step's noise on it."""
        key = jax.random.fold_in(jax.random.key(self.seed), self.channel)
        drawn = jax.random.normal(jax.random.fold_in(key, state.index), reading.shape)
        return reading + self.level * drawn


def noise_of(name: str, level: float, seed: int) -> Noise | None:
    """The noise of the instrument of that name; none at level 0.

    Raises:
        InputError: a level below zero.
    """
    if not level >= 0:
        raise InputError(f"observe.{name}.noise is {level}; give 0 or a standard deviation")
    return Noise(level, seed, zlib.crc32(name.encode())) if level > 0 else None


def with_noise(
    noise: Noise | None, state: State, reading: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """A reading with noise where there is any."""
    return reading if noise is None else noise.on(state, reading)


def point(key: str, given: object) -> Float[np.ndarray, "3"]:
    """Three finite numbers as an array.

    Raises:
        InputError: naming the key.
    """
    values = np.asarray(given, dtype=float)
    if values.shape != (3,) or not np.isfinite(values).all():
        raise InputError(f"{key} is {given!r}; give three numbers in metres, as in [0, 0, 5e-4]")
    return values


def bounds(space: Space) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Lowest and highest corner of the mesh at rest, m."""
    points = np.concatenate([np.asarray(space.fluid_rest), np.asarray(space.tissue_rest)], axis=1)
    return points.min(axis=1), points.max(axis=1)


def blind(name: str, what: str, space: Space, keys: str) -> InputError:
    """The error of an instrument that sees nothing of the mesh."""
    low, high = bounds(space)
    return InputError(
        f"observe.{name}: {what} sees nothing of {space.fluid_material.name}, which reaches from "
        f"{micrometres(low)} to {micrometres(high)}; change {keys}"
    )


def micrometres(place: Float[np.ndarray, "3"]) -> str:
    """A place in words."""
    return "(" + ", ".join(f"{round(1e6 * value, 2) + 0.0:g}" for value in place) + ") um"


def on_device(look: Any) -> Any:
    """A look with its arrays where the run is."""
    return jax.tree.map(jnp.asarray, look)
