"""Which bands are resolved and which averaged, and where an average holds.

A run of minutes cannot step through every heart beat. What a fast band does to a tracer, averaged
over its cycle, is to mix it: along the flow by shear, and at the mouth by the tide
(`solver.rates.mixing`). Both follow from the flow that the band drives (`solver.rates.stroke`).

What is left out is second order in the band's amplitude: the mean geometry differs from the slow
one by a^2, and the mean drift of a wave vanishes in a space that is closed but at its mouth.
"""

from dataclasses import replace
from typing import Any

import jax

from meshes.errors import InputError
from solver.flow.brinkman import OpenPvs
from solver.flow.ends import Closed, Windkessel
from solver.flow.inertia import Unsteady
from solver.flow.outer_wall import Spring
from solver.flow.stokes_darcy import StokesDarcy, end_kinds
from solver.geometry.space import Space
from solver.record import record, static
from solver.route.kinds import Inflow, Route
from solver.signal.resolve import FEWEST


@record
class Resolved:
    """Every band is resolved; a step that skips over one is refused."""

    def names(self, wall: Any, step: float) -> tuple[str, ...]:
        """No band is averaged."""
        del wall, step
        return ()


@record
class Averaged:
    """Bands that the steps cannot show are averaged if they are fast; all others are resolved.

    Attributes:
        above: slowest band that may be averaged, Hz.
    """

    above: float = static(default=2.0)

    def names(self, wall: Any, step: float) -> tuple[str, ...]:
        """Bands of a wall to be averaged in steps of `step` seconds."""
        rates = {name: 1.0 / band.shortest() for name, band in getattr(wall, "bands", {}).items()}
        return tuple(
            name
            for name, rate in rates.items()
            if not isinstance(rate, jax.core.Tracer)
            and float(rate) >= self.above
            and float(rate) * step * FEWEST > 1.0 + 1e-9
        )


Rates = Averaged | Resolved


def without(wall: Any, names: tuple[str, ...]) -> Any:
    """A wall without some of its bands."""
    if not names:
        return wall
    return replace(wall, bands={n: band for n, band in wall.bands.items() if n not in names})


def check_averages(names: tuple[str, ...], flow: StokesDarcy, route: Route, space: Space) -> None:
    """Refuse to average where the fast flow is not that of its own moment alone.

    Raises:
        InputError: naming what stands against it, and the way out.
    """
    if not names:
        return
    kinds = end_kinds(flow, space)
    far = [name for name, kind in kinds.items() if name.startswith("distal_")]
    against = {
        "flow.inertia: the fluid's mass": isinstance(flow.inertia, Unsteady),
        "flow.outer_wall: a sheath on springs": isinstance(flow.outer_wall, Spring),
        "flow.pvs: a space filled with fibres": not isinstance(flow.pvs, OpenPvs),
        "route: a mouth that is renewed while fluid enters": isinstance(route, Inflow),
        "a windkessel": any(isinstance(kind, Windkessel) for kind in kinds.values()),
        "a far end that is not closed": any(not isinstance(kinds[name], Closed) for name in far),
    }
    for what, found in against.items():
        if found:
            raise InputError(
                f"wall.bands.{names[0]} is too fast for run.step and cannot be averaged: {what} "
                "is not in the average; lower run.step until it shows the band, or leave it out."
            )
