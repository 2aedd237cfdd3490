"""What every wall is: something that, told a signal, says the radius ratio `R1 / R10` everywhere.

Units: path length along the vessel in metres, time in seconds, the ratio dimensionless.
"""

from typing import Protocol

import jax
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.signal.onset import Signal


class Response(Protocol):
    """The answer of a wall to one signal."""

    def radius_ratio(
        self, path: Float[Array, " points"], time: Float[Array, ""] | float
    ) -> Float[Array, " points"]:
        """Lumen radius over lumen radius at rest, at path lengths (m) and one time (s)."""
        ...

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Two numbers between which the ratio stays at all places and times."""
        ...


class Wall(Protocol):
    """A wall law."""

    def response(self, signal: Signal, until: float) -> Response:
        """The answer to `signal` from rest to `until` (s)."""
        ...

    def check(self, until: float, step: float) -> None:
        """Refuse, at the door, a run to `until` (s) in steps of `step` (s) that cannot show it.

        Raises:
            InputError: if the wall moves faster than the steps, or is not known for so long.
        """
        del until, step


def check_open(response: Response) -> None:
    """Refuse, at the door, a motion that would close the lumen; traced values pass.

    Raises:
        InputError: if the ratio could reach zero.
    """
    low, _ = response.bounds()
    if not isinstance(low, jax.core.Tracer) and not float(low) > 0:
        raise InputError(
            f"The wall motion would narrow the lumen to {float(low):.2f} of its radius at rest; "
            "lower wall.gain, the amplitudes of wall.bands or signal.amplitude."
        )


def check_positive(record: object, room: str, *names: str) -> None:
    """Refuse plain numbers that are not positive; traced values pass.

    Args:
        record: whose attributes are `names`; `room`: the key under which it is configured.

    Raises:
        InputError: naming the key.
    """
    for name in names:
        value = getattr(record, name)
        if isinstance(value, float | int) and not value > 0:
            raise InputError(f"{room}.{name} is {value}; give a positive number.")


def check_seconds(record: object, *names: str) -> None:
    """Refuse plain times of a wall that are negative or infinite; traced values pass.

    Raises:
        InputError: naming the key.
    """
    for name in names:
        value = getattr(record, name)
        if isinstance(value, float | int) and not 0 <= value < float("inf"):
            raise InputError(f"wall.{name} is {value}; give 0 or a positive number of seconds.")
