"""Myogenic tone as a differential equation (Carlson & Secomb 2005, Arciero, Carlson & Secomb 2008).

With `d` the diameter over the passive one at 100 mmHg, tensions over the passive one there
(`D100 100 mmHg / 2`, Carlson's Cp1), `p` the transmural pressure over 100 mmHg and `A` activation,

    T_total   = p d                                      Laplace
    T_passive = exp(passive Cp2 (d - 1))
    T_active  = active Ca1 exp(-((d - Ca2) / Ca3)^2)     at full activation
    tau_d dd/dt = (d0 / T0) (T_total - T_passive - A T_active)
    tau_a dA/dt = 1 / (1 + exp(-Cmyo T_total + Ctone - N n)) - A

`d0` is the diameter in equilibrium at the norepinephrine of rest, `T0 = p d0`: the vessel's own
radius `R10` stands for it, so that `R1 / R10 = d / d0` and no size enters. Relative norepinephrine
`n` raises activation by lowering Ctone. Units: pascals, seconds; the rest is dimensionless.

Angiopathy and stiffening: `active` scales Ca1, `passive` scales Cp2. Either moves the equilibrium,
and stiffening does not act as in the linear law: a steeper passive wall bears less below its
reference diameter, so that the vessel rests wider and norepinephrine narrows it further.
At some tone the equilibrium is unstable and the vessel oscillates of itself: that is the model's
own vasomotion, not a failure of the solution.
"""

import math
from dataclasses import field, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record, static
from solver.signal.onset import Signal
from solver.units import mmHg
from solver.wall.band import Bands, check_bands
from solver.wall.motion import Motion
from solver.wall.profile import Profile, Uniform
from solver.wall.response import check_open, check_positive, check_seconds
from solver.wall.sampled import Sampled, grid

Number = float | Float[Array, ""]
Scalar = Float[Array, ""]

REFERENCE = 100.0 * mmHg  # Pa, at which the passive vessel has its reference diameter
WIDEST = 3.0  # of the reference diameter, where the equilibrium is looked for
NEWTON = 4  # corrections of one implicit step; the tests see second order and nothing beyond it


@record
class Myogenic:
    """A vessel whose muscle answers to wall tension and to norepinephrine.

    Attributes:
        pressure: transmural, Pa.
        passive_steepness: Cp2; `active_tension`: Ca1 over Cp1; `active_peak`: Ca2;
            `active_width`: Ca3.
        sensitivity: Cmyo times the reference tension.
        tone: Ctone; more of it means less activation.
        gain: N, lost from the tone per unit of relative norepinephrine.
        diameter_time: s, tau_d; `activation_time`: s, tau_a.
        active: factor on Ca1, 1 in health; `passive`: on Cp2.
        delay, profile, speed, origin, bands, spacing, history: as of `Vasomotion`.
    """

    pressure: Number = 5333.0
    passive_steepness: Number = 8.293
    active_tension: Number = 1.529
    active_peak: Number = 0.6804
    active_width: Number = 0.2905
    sensitivity: Number = 10.54
    tone: Number = 5.0
    gain: Number = 0.5
    diameter_time: Number = 1.0
    activation_time: Number = 20.0
    active: Number = 1.0
    passive: Number = 1.0
    delay: Number = 0.0
    profile: Profile = Uniform()
    speed: Number = math.inf
    origin: Number = 0.0
    bands: Bands = field(default_factory=dict)
    spacing: float = static(default=0.1)
    history: float = static(default=120.0)

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_positive(
            self,
            "wall",
            *("pressure", "passive_steepness", "active_tension", "active_peak", "active_width"),
            *("diameter_time", "activation_time", "passive", "speed", "spacing"),
        )
        check_seconds(self, "delay", "history")

    def response(self, signal: Signal, until: float) -> Motion:
        """Integrate from equilibrium with the signal at `history` before the run to `until` (s).

        Raises:
            InputError: if there is no equilibrium or the motion would close the lumen.
        """
        sampled = signal(grid(until, self.spacing, self.history))
        rest = self.diameter()
        first = self.diameter(norepinephrine=sampled[0])
        if not isinstance(rest + first, jax.core.Tracer) and not jnp.isfinite(rest + first):
            raise InputError(
                f"the vessel finds no equilibrium at wall.pressure = {float(self.pressure):g} Pa; "
                "lower wall.pressure or wall.gain, or raise wall.tone."
            )
        diameter, slope = self.integrate(sampled, first, rest)
        motion = Motion(
            answer=Sampled(diameter / rest - 1.0, slope / rest, -self.history, self.spacing),
            signal=signal,
            bands=self.bands,
            profile=self.profile,
            delay=self.delay,
            speed=self.speed,
            origin=self.origin,
            active=self.active,
            passive=self.passive,
        )
        check_open(motion)
        return motion

    def check(self, until: float, step: float) -> None:
        """Refuse a step (s) that skips over a band.

        Raises:
            InputError: naming the band and a step that shows it.
        """
        del until
        check_bands(self.bands, step)

    def activation(self, diameter: Scalar, norepinephrine: Number = 0.0) -> Scalar:
        """What activation tends to at a diameter (of the reference)."""
        tension = self.pressure / REFERENCE * diameter
        return jax.nn.sigmoid(self.sensitivity * tension - self.tone + self.gain * norepinephrine)

    def excess(self, diameter: Scalar, activation: Scalar) -> Scalar:
        """Tension that no wall holds and that widens the vessel: total - passive - active."""
        passive = jnp.exp(self.passive * self.passive_steepness * (diameter - 1.0))
        shift = (diameter - self.active_peak) / self.active_width
        active = self.active * self.active_tension * jnp.exp(-(shift**2))
        return self.pressure / REFERENCE * diameter - passive - activation * active

    def diameter(
        self, pressure: Number | None = None, norepinephrine: Number = 0.0
    ) -> Float[Array, ""]:
        """Diameter in equilibrium over the passive one at 100 mmHg; nan if there is none.

        The widest at which an excess of tension turns into a lack of it: narrower than that the
        vessel would widen, wider it would narrow.

        Args:
            pressure: transmural, Pa; the vessel's own by default.
            norepinephrine: relative to the baseline.
        """
        vessel = self if pressure is None else replace(self, pressure=pressure)

        def net(diameter: Scalar) -> Scalar:
            return vessel.excess(diameter, vessel.activation(diameter, norepinephrine))

        def bracketed(net: object, guess: Scalar) -> Scalar:
            del guess
            tried = jnp.linspace(0.0, WIDEST, 601)[1:]
            held = vessel.excess(tried, vessel.activation(tried, norepinephrine)) > 0.0
            at = jnp.max(jnp.where(held, jnp.arange(held.shape[0]), -1))
            inside = (at >= 0) & (at < held.shape[0] - 1)
            ends = (tried[at], tried[jnp.minimum(at + 1, held.shape[0] - 1)])

            def halve(_: int, ends: tuple[Scalar, Scalar]) -> tuple[Scalar, Scalar]:
                middle = 0.5 * (ends[0] + ends[1])
                wide = vessel.excess(middle, vessel.activation(middle, norepinephrine)) <= 0.0
                return jnp.where(wide, ends[0], middle), jnp.where(wide, middle, ends[1])

            low, high = jax.lax.fori_loop(0, 52, halve, ends)
            return jnp.where(inside, 0.5 * (low + high), jnp.nan)

        return jax.lax.custom_root(
            net, jnp.ones(()), bracketed, lambda linear, wanted: wanted / linear(jnp.ones(()))
        )

    def integrate(
        self, sampled: Float[Array, " grid"], first: Scalar, rest: Scalar
    ) -> tuple[Float[Array, " grid"], Float[Array, " grid"]]:
        """Diameter and its slope (1/s) on the grid, by the trapezoidal rule: order 2, A-stable.

        Args:
            sampled: relative norepinephrine on the grid.
            first: diameter to begin with, in equilibrium with the first sample.
            rest: diameter at the norepinephrine of rest.
        """
        compliance = 1.0 / (self.pressure / REFERENCE)  # d0 / T0

        def rate(state: Float[Array, " 2"], norepinephrine: Scalar) -> Float[Array, " 2"]:
            diameter, activation = state
            widening = compliance * self.excess(diameter, activation) / self.diameter_time
            waking = self.activation(diameter, norepinephrine) - activation
            return jnp.stack([widening, waking / self.activation_time])

        def step(
            before: Float[Array, " 2"], ends: tuple[Scalar, Scalar]
        ) -> tuple[Float[Array, " 2"], tuple[Scalar, Scalar]]:
            known = before + 0.5 * self.spacing * rate(before, ends[0])

            def residual(after: Float[Array, " 2"]) -> Float[Array, " 2"]:
                return after - 0.5 * self.spacing * rate(after, ends[1]) - known

            after = before
            for _ in range(NEWTON):
                after = after - _solved(jax.jacfwd(residual)(after), residual(after))
            return after, (after[0], rate(after, ends[1])[0])

        begin = jnp.stack([first, self.activation(first, sampled[0])])
        _, (diameter, slope) = jax.lax.scan(step, begin, (sampled[:-1], sampled[1:]))
        start = rate(begin, sampled[0])[0]
        return (
            jnp.concatenate([first[None], diameter]),
            jnp.concatenate([start[None], slope]),
        )


def _solved(matrix: Float[Array, "2 2"], right: Float[Array, " 2"]) -> Float[Array, " 2"]:
    """Solve two equations by Cramer's rule."""
    (a, b), (c, d) = matrix
    return jnp.stack([d * right[0] - b * right[1], a * right[1] - c * right[0]]) / (a * d - b * c)
