"""The choices of a route: a renewed mouth, one that is held on inflow alone, or compartments.

A compartment is a well-mixed body of fluid of volume V. Its fluid is renewed in a time tau,

    fresh fluid enters at V0 / tau,   its own leaves at V / tau

and the ends joined to it exchange fluid and tracer with it. What it does with the fluid Q that
comes from there is one of two laws:

    keeps         dV/dt = Q - (V - V0) / tau     it swells and shrinks, and its renewal settles it
    passes on     V = V0 + sum C p               Q goes on to the next compartment or outside,
                                                 but for what windkessels at its ends hold

The pressure beyond an end is that of the flow's end, with its resistance and compliance.
"""

from collections.abc import Sequence
from dataclasses import field
from graphlib import TopologicalSorter

from jaxtyping import Array, Float

from solver.record import record, static

Number = float | Float[Array, ""]
OUTSIDE = "outside"


@record
class Renewed:
    """Mouths at which the concentration is held at all times: their fluid is renewed at once."""


@record
class Inflow:
    """Mouths that hold the concentration while fluid enters, and let tracer go while it leaves.

    Diffusion through a mouth is off for half of every cycle, so that a small motion brings less
    tracer than none (docs/physics.md 1.10).
    """


@record
class Compartment:
    """A well-mixed body of fluid beyond some ends.

    Attributes:
        volume: V0, m3.
        renewal: tau in which its fluid is renewed, s; inf: never.
        source: concentration of the fluid that renews it, relative to the tracer's mouth.
        initial: concentration at the start, relative to that at the tracer's mouth then.
        ends: names of the ends joined to it (`inlet`, `distal_2`); the usual name stands for all
            ends of its kind, `outer` for the tissue's outer faces.
        into: the compartment that gets the fluid it passes on, or `outside`; None: it keeps it.
    """

    volume: Number
    renewal: Number = float("inf")
    source: Number = 0.0
    initial: Number = 0.0
    ends: Sequence[str] = static(default=())
    into: str | None = static(default=None)

    def __post_init__(self) -> None:
        if isinstance(self.ends, list):
            object.__setattr__(self, "ends", tuple(self.ends))  # from a configuration


@record
class Compartments:
    """Compartments by name.

    Mouths that are joined to none are renewed; other ends lead outside, where no tracer is.
    """

    compartments: dict[str, Compartment] = field(default_factory=dict)

    @property
    def downstream(self) -> tuple[str, ...]:
        """Names so that each comes before the one it passes fluid on to.

        Raises:
            graphlib.CycleError: compartments that pass fluid on in a circle.
        """
        sorter = TopologicalSorter[str]()
        for name, place in self.compartments.items():
            sorter.add(name, *({place.into} & self.compartments.keys() if place.into else ()))
        return tuple(reversed(tuple(sorter.static_order())))


Route = Renewed | Inflow | Compartments


def joined(**compartments: Compartment) -> Compartments:
    """Compartments by keyword, as a configuration gives them."""
    return Compartments(compartments)
