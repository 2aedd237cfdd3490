"""V4: a travelling wave of the wall pumps fluid along an annulus open at both ends.

R1(z, t) = a (1 + eps cos(kz - wt)), p = 0 at z = 0 and L, lubrication:

    <Q> = eps^2 pi a^2 c Delta(beta) g(kL) + O(eps^4)         c = w/k, beta = R2/a
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.annulus import annulus
from meshes.mesh import Mesh
from solver.flow import Open, StokesDarcy


@dataclass(frozen=True)
class Peristalsis:
    """A wave with `turns` wavelengths between the ends; lengths over a, times over 1/w.

    Attributes:
        direction: +1 for a wave towards `DISTAL`, -1 towards `INLET`, 0 for one that stands.
    """

    inner: float = 1.0
    ratio: float = 1.5
    length: float = 40.0
    turns: float = 1.0
    amplitude: float = 0.02
    direction: int = 1
    viscosity: float = 1.0

    @property
    def outer(self) -> float:
        """R2."""
        return self.inner * self.ratio

    @property
    def wave(self) -> float:
        """k."""
        return 2.0 * np.pi * self.turns / self.length

    @property
    def delta(self) -> float:
        """Delta(beta)."""
        square, log = self.ratio**2 - 1.0, np.log(self.ratio)
        return (2.0 - square / log) ** 2 / (self.ratio**4 - 1.0 - square**2 / log)

    @property
    def span(self) -> float:
        """g(kL), 1 for a whole number of waves."""
        angle = self.wave * self.length
        return 1.0 - 2.0 * (1.0 - np.cos(angle)) / angle**2

    @property
    def scale(self) -> float:
        """eps^2 pi a^2 c."""
        return self.amplitude**2 * np.pi * self.inner**2 / self.wave

    @property
    def flow(self) -> float:
        """<Q> towards `DISTAL`."""
        return self.direction * self.scale * self.delta * self.span

    def wall(self, z, time: float):
        """Displacement of the wall over a: eps cos(kz - wt), or eps cos kz cos wt standing."""
        if self.direction == 0:
            return self.amplitude * np.cos(self.wave * z) * np.cos(time)
        return self.amplitude * np.cos(self.wave * z - self.direction * time)

    def lubricated(self, phases: int = 16, along: int = 2000) -> float:
        """<Q> of a moving wave by quadrature of Reynolds' equation at the amplitude as it is.

        Q = Q0(t) - int dA/dt dz and int R'(R1) Q dz = 0, with R' the resistance of V1.
        """
        z = (np.arange(along) + 0.5) * self.length / along
        flows = []
        for time in 2.0 * np.pi * np.arange(phases) / phases:
            radius = self.inner * (1.0 + self.wall(z, time))
            speed = self.inner * self.direction * self.amplitude
            speed = speed * np.sin(self.wave * z - self.direction * time)
            gain = 2.0 * np.pi * radius * speed * self.length / along
            through = np.cumsum(gain) - 0.5 * gain  # -int dA/dt, A being the annulus
            square, log = self.outer**2 - radius**2, np.log(self.outer / radius)
            resistance = 1.0 / (self.outer**4 - radius**4 - square**2 / log)
            entering = -(resistance * through).sum() / resistance.sum()
            flows.append(entering + 0.5 * gain.sum())
        return float(np.mean(flows))

    def mesh(self, n: int) -> Mesh:
        """n cells across, 4 n around, 8 n along."""
        return annulus(self.inner, self.outer, self.length, across=n, around=4 * n, along=8 * n)

    def place(self, time: float):
        """Points at a time, from rest points (3, n): the wall moves, the sheath stays."""

        def moved(rest: Float[Array, "3 vertices"]) -> Float[Array, "3 vertices"]:
            rest = np.asarray(rest)
            radius = np.hypot(rest[0], rest[1])
            share = (radius - radius.min()) / (radius.max() - radius.min())
            step = (1.0 - share) * radius.min() * self.wall(rest[2], time) / radius
            return jnp.asarray(np.concatenate([rest[:2] * (1.0 + step), rest[2:]]))

        return moved

    def parameters(self) -> StokesDarcy:
        """Both ends open at zero pressure."""
        return StokesDarcy(
            viscosity=self.viscosity, inlet=Open(), distal=Open(), tolerance=1e-11, limit=1000
        )
