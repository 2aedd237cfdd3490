"""What happens at the ends of the PVS and on the tissue's outer faces.

    open          p = p0(t)                        the fluid passes straight through
    closed        no flow, free slip
    resistance    p = R Q + p0(t)
    windkessel    C dp/dt = Q - (p - p0(t)) / R
    sink          q.n = L (P - p0(t))              tissue only: a perivenous space not resolved

Resistance and Windkessel are coupled implicitly, each by one unknown pressure: explicit updates
blow up where R is high (docs/physics.md 1.6).
"""

from solver.flow.waveform import Number, Pressure
from solver.record import record


@record
class Open:
    """An end held at a pressure, Pa (traction -p n, no tangential velocity)."""

    pressure: Pressure = 0.0


@record
class Closed:
    """An end through which nothing flows (free slip along it)."""


@record
class Resistance:
    """An end beyond which the way resists.

    Attributes:
        resistance: R, Pa s/m3.
        pressure: p0 beyond it, Pa.
    """

    resistance: Number = 1e16
    pressure: Pressure = 0.0


@record
class Windkessel:
    """An end with a compliant space beyond it that drains through a resistance.

    Attributes:
        resistance: R, Pa s/m3; compliance: C, m3/Pa.
        pressure: p0 beyond them, Pa.
    """

    resistance: Number = 1e16
    compliance: Number = 1e-17
    pressure: Pressure = 0.0


@record
class Sink:
    """Outer faces of the tissue that drain through a membrane.

    Attributes:
        conductance: L, m/(Pa s).
        pressure: p0 beyond it, Pa.
    """

    conductance: Number = 1e-10
    pressure: Pressure = 0.0


Lumped = Resistance | Windkessel
End = Open | Closed | Lumped
Outer = Open | Closed | Sink
