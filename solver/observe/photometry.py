"""Fibre photometry: fluorescence of the tracer in the view of a fibre's tip.

With z the depth before the tip, r the distance from the fibre's axis, a(z) = R + z tan(theta) the
light's radius and sin(theta) = NA / n its half-angle (Aravanis 2007), light falls as

    cone       I = (R / a)^2 exp(-z / l)   for r < a, else 0
    gaussian   I = (R / a)^2 exp(-z / l) exp(-2 r^2 / a^2)

and, by reciprocity, is collected alike: the sensitivity is s = I^2 for z > 0. The reading

    F = b(t) int s c dV_f / int s dV_f(at rest),   b = exp(-t / bleaching)

is 1 where all fluid in view is as bright as the mouth's, at rest and unbleached; both the tracer
and the room for it count, so F rises as the space widens. Light is neither bent by vessels nor
absorbed by blood. Lengths in metres, times in seconds.
"""

from typing import Literal

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.integrate import quad

from meshes.errors import InputError
from solver.observe.instrument import (
    Noise,
    Point,
    Readings,
    Ready,
    blind,
    bounds,
    micrometres,
    noise_of,
    on_device,
    point,
    with_noise,
)
from solver.observe.sensitivity import Law, Places, Seen, Sensitivity, sensitivity
from solver.record import record, static
from solver.state import Model, Prepared, State

LEAST = 1e-6  # share of its view in the mesh below which a fibre sees nothing
SMOOTH = 4.0  # times coarser may a lattice be for a Gaussian than for a sharp edge [choice]

Profile = Literal["cone", "gaussian"]


@record
class PhotometryLook:
    """Fluorescence in one view.

    Attributes:
        view: the sensitivity, divided by its integral over the fluid at rest.
        bleaching: s, time constant.
        noise: on the fluorescence.
    """

    view: Sensitivity
    bleaching: Float[Array, ""]
    noise: Noise | None

    def __call__(self, state: State, prepared: Prepared) -> Readings:
        """`fluorescence_1`."""
        left = jnp.exp(-state.index * prepared.step / self.bleaching)
        bright = left * self.view.tracer(state)[0]
        return {"fluorescence_1": with_noise(self.noise, state, bright)}


@record
class Photometry:
    """An optical fibre in or above the tissue.

    Attributes:
        tip: centre of the fibre's face, m; None: the middle of the arterial mouths.
        direction: in which it looks, of any length; None: towards the middle of the mesh.
        core_radius: R, m.
        numerical_aperture: NA, 1; `refractive_index` n of the tissue, 1.
        attenuation_length: l, m.
        bleaching: time constant, s; infinite: none.
        noise: standard deviation on the fluorescence, 1; `seed` of its random numbers.
        profile: `cone` or `gaussian`.
        tracer: name of one of several tracers; None for the first.
    """

    tip: Point | None = None
    direction: Point | None = None
    core_radius: float = 100e-6
    numerical_aperture: float = 0.39
    refractive_index: float = 1.36
    attenuation_length: float = 200e-6
    bleaching: float = float("inf")
    noise: float = 0.0
    seed: int = 0
    profile: Profile = static(default="gaussian")
    tracer: str | None = static(default=None)

    def prepare(self, name: str, model: Model, prepared: Prepared) -> Ready:
        """Put the fibre in. Raises `InputError` for a fibre that is none or sees nothing."""
        key, space = f"observe.{name}", prepared.space
        self._check(key)
        tip, axis = self._place(key, prepared)

        def light(places: Places) -> Seen:
            depth = (places - tip) @ axis
            aside = np.linalg.norm(places - tip - depth[:, None] * axis, axis=1)
            return np.zeros(len(places), dtype=np.int64), self.sensitivity(depth, aside)

        smooth = 1.0 if self.profile == "cone" else SMOOTH
        law = Law(light, resolution=smooth * min(self.core_radius, self.attenuation_length))
        view = on_device(sensitivity(law, model, space, tracer=self.tracer))
        covered = float(view.volume) / self.volume()
        towards = ", ".join(f"{round(part, 2) + 0.0:g}" for part in axis)
        words = f"fibre at {micrometres(tip)} looking along ({towards})"
        if covered < LEAST:
            raise blind(name, f"the {words}", space, f"{key}.tip or {key}.direction")
        look = PhotometryLook(
            view=view.over(view.fluid_at_rest(space)[0]),
            bleaching=jnp.asarray(self.bleaching, dtype=float),
            noise=noise_of(name, self.noise, self.seed),
        )
        words = f"{words}, {covered:.0%} of its view in the mesh"
        return Ready(on_device(look), words, facts={"view_in_mesh_1": covered})

    def sensitivity(
        self, depth: Float[np.ndarray, " places"], aside: Float[np.ndarray, " places"]
    ) -> Float[np.ndarray, " places"]:
        """s at a depth before the tip and a distance from the axis, m; 1 at the tip's centre."""
        before = depth > 0
        light = self._axial(np.where(before, depth, 0.0))
        width = self._radius(np.where(before, depth, 0.0))
        if self.profile == "cone":
            spread = np.where(aside < width, 1.0, 0.0)
        else:
            spread = np.exp(-4.0 * (aside / width) ** 2)
        return np.where(before, light**2 * spread, 0.0)

    def volume(self) -> float:
        """Integral of s over the half space before the tip, m3."""
        core, slope = self.core_radius, self._slope()
        # per pi R^2 l, with z = l x: light^2 times the section's area
        scale, _ = quad(
            lambda x: np.exp(-2.0 * x) / (1.0 + slope * self.attenuation_length * x / core) ** 2,
            *(0.0, np.inf),
        )
        section = 1.0 if self.profile == "cone" else 0.25  # int exp(-4 r^2/a^2) over pi a^2
        return float(section * np.pi * core**2 * self.attenuation_length * scale)

    def _slope(self) -> float:
        return float(np.tan(np.arcsin(self.numerical_aperture / self.refractive_index)))

    def _radius(self, depth: Float[np.ndarray, " places"]) -> Float[np.ndarray, " places"]:
        return self.core_radius + depth * self._slope()

    def _axial(self, depth: Float[np.ndarray, " places"]) -> Float[np.ndarray, " places"]:
        thinner = (self.core_radius / self._radius(depth)) ** 2
        return np.asarray(thinner * np.exp(-depth / self.attenuation_length))

    def _check(self, key: str) -> None:
        for name in ("core_radius", "attenuation_length", "bleaching", "numerical_aperture"):
            if not getattr(self, name) > 0:
                raise InputError(f"{key}.{name} is {getattr(self, name)}; give a positive number")
        if not self.numerical_aperture < self.refractive_index:
            raise InputError(
                f"{key}.numerical_aperture is {self.numerical_aperture}; it must be below "
                f"{key}.refractive_index, {self.refractive_index}"
            )
        if self.profile not in ("cone", "gaussian"):
            raise InputError(f"{key}.profile is {self.profile!r}; give cone or gaussian")

    def _place(
        self, key: str, prepared: Prepared
    ) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
        """Tip and unit direction."""
        space = prepared.space
        if self.tip is None:
            mouth = np.asarray(space.fluid_rest)[:, np.asarray(prepared.held) > 0]
            if not mouth.size:
                raise InputError(f"{key}.tip is not given, and the mesh has no mouth to stand at")
            tip = mouth.mean(axis=1)
        else:
            tip = point(f"{key}.tip", self.tip)
        low, high = bounds(space)
        along = 0.5 * (low + high) - tip
        if self.direction is not None:
            along = point(f"{key}.direction", self.direction)
        length = float(np.linalg.norm(along))
        if not length > 0:
            raise InputError(f"{key}.direction has no length; give three numbers, not all zero")
        return tip, along / length
