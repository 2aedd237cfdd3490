"""An annulus in series with what lies beyond its end: a resistance, or a space that fills.

Q = (p_in - p0) / (r + R);   Windkessel: C dp/dt = (p_in - p)/r - (p - p0)/R,   r of the annulus

Charging: p = p_inf (1 - exp(-t/tau)), tau = C r R / (r + R), p_inf = p_in R / (r + R). Driven by
P sin wt: Q = P / (r + Z), Z = R / (1 + i w R C). r may be the discrete annulus's own, measured
once: then the series holds to the tolerance of the solve.
"""

from dataclasses import dataclass, replace

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Open, Oscillation, Resistance, StokesDarcy, Windkessel
from solver.flow.ends import End
from tests.exact.two_spaces import line_resistance


@dataclass(frozen=True)
class LumpedEnd:
    """An annulus driven at its inlet; `beyond` and `compliance` relative to its own resistance.

    Attributes:
        beyond: R / r; `time`: C r, s.
        pressure: at the inlet, constant or (frequency > 0) the amplitude of a sine, Pa.
        outside: p0, Pa.
    """

    inner: float = 6e-6
    outer: float = 9e-6
    length: float = 12e-6
    viscosity: float = 0.7e-3
    beyond: float = 2.0
    time: float = 5.0
    pressure: float = 3.0
    outside: float = 0.0
    frequency: float = 0.0

    @property
    def own(self) -> float:
        """r, Pa s/m3."""
        return self.length * line_resistance(self.inner, self.outer, self.viscosity)

    def steady(self, own: float) -> float:
        """Q through a resistance, m3/s."""
        return (self.pressure - self.outside) / (own + self.beyond * self.own)

    def charging(self, own: float, times):
        """Pressure in the space beyond, from none at t = 0, Pa."""
        other = self.beyond * self.own
        limit = (self.pressure * other + self.outside * own) / (own + other)
        tau = self.time / self.own * own * other / (own + other)
        return limit * (1.0 - np.exp(-times / tau))

    def phasor(self, own: float) -> complex:
        """Q / (P sin wt), times P, m3/s."""
        other = self.beyond * self.own
        turn = 2.0 * np.pi * self.frequency
        beyond = other / (1.0 + 1j * turn * other * self.time / self.own)
        return self.pressure / (own + beyond)

    def mesh(self) -> Mesh:
        """4 cells across, 16 around, 4 along."""
        return annulus(self.inner, self.outer, self.length, across=4, around=16, along=4)

    def resistance(self) -> Resistance:
        """R alone."""
        return Resistance(self.beyond * self.own, self.outside)

    def windkessel(self) -> Windkessel:
        """R and C."""
        return Windkessel(self.beyond * self.own, self.time / self.own, self.outside)

    def parameters(self, distal: End) -> StokesDarcy:
        """Driven at the inlet, `distal` at the other end."""
        steady = self.frequency == 0.0
        return StokesDarcy(
            viscosity=self.viscosity,
            inlet=Open(
                self.pressure
                if steady
                else Oscillation(amplitude=self.pressure, frequency=self.frequency)
            ),
            distal=distal,
            tolerance=1e-12,
            memory=2,
        )

    def alone(self) -> StokesDarcy:
        """1 Pa and no more at the ends, to measure r."""
        return replace(self, pressure=1.0, frequency=0.0).parameters(Open(0.0))
