"""An image in voxels, as magnetic resonance gives: tracer per volume, all that a voxel holds.

    content_1   tracer in a voxel over the voxel's volume, relative to the mouth's concentration
    tracer_m3   tracer in the whole image

Partial volume is in it: of a voxel with little fluid, or that reaches out of the mesh, the content
is low at any concentration. A point spread is Gaussian and keeps the image's tracer: what it
would carry out of the image stays at its edge. Noise is added to the content. Lengths in metres.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.observe.instrument import (
    Axis,
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

MOST = 20_000_000  # numbers that the images of one run may hold
WIDTH_PER_DEVIATION = 2.0 * (2.0 * np.log(2.0)) ** 0.5  # full width at half maximum, of a Gaussian


@record
class VoxelLook:
    """Tracer by voxel.

    Attributes:
        view: one target a voxel, the last axis fastest.
        volume: of a voxel, m3.
        blur: one matrix an axis, columns of sum 1; none without point spread.
        noise: on the content.
        shape: voxels along x, y and z.
    """

    view: Sensitivity
    volume: Float[Array, ""]
    blur: tuple[Float[Array, "n n"], ...]
    noise: Noise | None
    shape: tuple[int, int, int] = static()

    def __call__(self, state: State, prepared: Prepared) -> Readings:
        """`content_1` by voxel, and `tracer_m3`."""
        del prepared
        image = self.view.tracer(state).reshape(self.shape) / self.volume
        if self.blur:
            image = jnp.einsum("ai,bj,ck,ijk->abc", *self.blur, image)
        image = with_noise(self.noise, state, image)
        return {"content_1": image, "tracer_m3": image.sum() * self.volume}


@record
class Voxels:
    """A box of voxels.

    Attributes:
        size: edge of a voxel, m.
        low, high: corners of the box, m; None: those of the mesh. Whole voxels, about its middle.
        spread: full width at half maximum of the point spread, m; 0: none.
        noise: standard deviation on the content, 1; `seed` of its random numbers.
        tracer: name of one of several tracers; None for the first.
    """

    size: float = 50e-6
    low: Point | None = None
    high: Point | None = None
    spread: float = 0.0
    noise: float = 0.0
    seed: int = 0
    tracer: str | None = static(default=None)

    def prepare(self, name: str, model: Model, prepared: Prepared) -> Ready:
        """Lay the box. Raises `InputError` for one that is none, too fine, or empty."""
        key, space = f"observe.{name}", prepared.space
        low, high = bounds(space)
        low = low if self.low is None else point(f"{key}.low", self.low)
        high = high if self.high is None else point(f"{key}.high", self.high)
        if not (self.size > 0 and self.spread >= 0 and (high > low).all()):
            raise InputError(
                f"{key}: size must be above zero, spread not below, and high above low"
            )
        count = np.ceil((high - low) / self.size * (1.0 - 1e-9)).astype(int)
        numbers = float(np.prod(count.astype(float))) * (prepared.steps + 1)
        if numbers > MOST:
            raise InputError(
                f"{key}.size is {1e6 * self.size:.4g} um: {' x '.join(map(str, count))} voxels in "
                f"{prepared.steps} steps are {numbers:.1g} numbers, more than {MOST:.0g}; give "
                f"larger voxels, or a smaller box with {key}.low and {key}.high"
            )
        start = 0.5 * (low + high - count * self.size)

        def voxel(places: Places) -> Seen:
            at = np.floor((places - start) / self.size).astype(np.int64)
            within = ((at >= 0) & (at < count)).all(axis=1)
            number = np.ravel_multi_index(tuple(np.clip(at, 0, count - 1).T), tuple(count))
            return np.where(within, number, -1), np.ones(len(places))

        law = Law(voxel, resolution=self.size, whole=True)
        view = sensitivity(law, model, space, targets=int(np.prod(count)), tracer=self.tracer)
        words = (
            f"{' x '.join(map(str, count))} voxels of {1e6 * self.size:.4g} um from "
            f"{micrometres(start)}"
        )
        if view.blind:
            raise blind(name, f"the image of {words}", space, f"{key}.low and {key}.high")
        centres = [start[i] + self.size * (0.5 + np.arange(count[i])) for i in range(3)]
        look = VoxelLook(
            view=view,
            volume=np.asarray(self.size**3),
            blur=tuple(self._blur(line) for line in centres) if self.spread > 0 else (),
            noise=noise_of(name, self.noise, self.seed),
            shape=(int(count[0]), int(count[1]), int(count[2])),
        )
        axes = tuple(Axis(axis, "m", line) for axis, line in zip("xyz", centres, strict=True))
        return Ready(on_device(look), words, axes)

    def _blur(self, line: Float[np.ndarray, " n"]) -> Float[Array, "n n"]:
        """How much of each voxel along an axis (columns) each voxel shows (rows)."""
        deviation = self.spread / WIDTH_PER_DEVIATION
        weight = np.exp(-0.5 * ((line[:, None] - line) / deviation) ** 2)
        return jnp.asarray(weight / weight.sum(axis=0))
