"""The image that somebody has, as the model would give it: tracer by voxel of a NIfTI or TIFF file.

    content_1   tracer in a voxel over the voxel's volume, relative to the mouth's concentration
    tracer_m3   tracer in all of them

Only voxels that the mesh fills are read, in the order of the file. Lengths in metres.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from meshes.errors import InputError
from solver.columns.stack import Stack, read_stack
from solver.geometry.metric import cell_volumes
from solver.geometry.space import Space
from solver.observe.instrument import Axis, Point, Readings, Ready, on_device, point
from solver.observe.sensitivity import Law, Places, Seen, Sensitivity, sensitivity, shares
from solver.record import record, static
from solver.state import Model, Prepared, State


@record
class ImageLook:
    """Tracer by voxel.

    Attributes:
        view: one target a voxel.
        volume: of a voxel, m3.
        voxels: place of each in the flattened image, the last axis fastest.
        shape: of the image.
    """

    view: Sensitivity
    volume: Float[Array, ""]
    voxels: Int[Array, " targets"]
    shape: tuple[int, int, int] = static()

    def __call__(self, state: State, prepared: Prepared) -> Readings:
        """`content_1` by voxel, and `tracer_m3`."""
        del prepared
        tracer = self.view.tracer(state)
        return {"content_1": tracer / self.volume, "tracer_m3": tracer.sum()}


@record
class Image:
    """The voxels of a file.

    Attributes:
        path: of a NIfTI or TIFF file.
        filled: least share of a voxel that must be mesh, 0 to 1.
        voxel: edges of a voxel, m, where the file does not say (TIFF).
        origin: where the middle of the first voxel lies in the mesh, m; None: where the file says.
        tracer: name of one of several tracers; None for the first.
    """

    path: str = static()
    filled: float = 0.9
    voxel: Point | None = None
    origin: Point | None = None
    tracer: str | None = static(default=None)

    def prepare(self, name: str, model: Model, prepared: Prepared) -> Ready:
        """Lay the voxels. Raises `InputError` for a file that cannot be, or beside the mesh."""
        key, space = f"observe.{name}", prepared.space
        stack = read_stack(self.path)
        affine = self._affine(key, stack)
        shape = stack.values.shape[1:]
        inverse, volume = np.linalg.inv(affine), abs(float(np.linalg.det(affine[:3, :3])))

        def voxel(places: Places) -> Seen:
            at = np.floor(places @ inverse[:3, :3].T + inverse[:3, 3] + 0.5).astype(np.int64)
            within = ((at >= 0) & (at < shape)).all(axis=1)
            number = np.ravel_multi_index(tuple(np.clip(at, 0, np.array(shape) - 1).T), shape)
            return np.where(within, number, -1), np.ones(len(places))

        law = Law(voxel, float(np.linalg.norm(affine[:3, :3], axis=0).min()), whole=True)
        share = _filled(law, space, int(np.prod(shape))) / volume
        voxels = np.flatnonzero(share >= self.filled)
        if not len(voxels):
            raise InputError(
                f"{key}: no voxel of {self.path} is filled by the mesh to {self.filled:g} (most: "
                f"{share.max():.2g}); say where its first voxel lies with {key}.origin, or lower "
                f"{key}.filled"
            )
        number = np.full(len(share), -1)
        number[voxels] = np.arange(len(voxels))

        def chosen(places: Places) -> Seen:
            at, weight = voxel(places)
            return np.where(at >= 0, number[at], -1), weight

        law = Law(chosen, law.resolution, whole=True)
        view = sensitivity(law, model, space, targets=len(voxels), tracer=self.tracer)
        x, y, z = shape
        look = ImageLook(view, jnp.asarray(volume), jnp.asarray(voxels), (x, y, z))
        words = f"{len(voxels)} of {x} x {y} x {z} voxels of {self.path} lie in the mesh"
        return Ready(on_device(look), words, (Axis("voxel", "1", voxels.astype(float)),))

    def _affine(self, key: str, stack: Stack) -> Float[np.ndarray, "4 4"]:
        """Voxel index to m."""
        affine = stack.affine
        if affine is None:
            missing = [k for k in ("voxel", "origin") if getattr(self, k) is None]
            if missing:
                raise InputError(
                    f"{key}.{missing[0]} is not given, and {self.path} does not say; give [x, y, z]"
                )
            affine = np.diag([*point(f"{key}.voxel", self.voxel), 1.0])
        affine = affine.copy()
        if self.origin is not None:
            affine[:3, 3] = point(f"{key}.origin", self.origin)
        if not abs(np.linalg.det(affine[:3, :3])) > 0:
            raise InputError(f"{key}: the voxels of {self.path} have no volume; give edges above 0")
        return affine


def _filled(law: Law, space: Space, targets: int) -> Float[np.ndarray, " targets"]:
    """Volume of the mesh in every target, m3."""
    fluid = shares(np.asarray(space.fluid_rest).T, np.asarray(space.fluid.cells).T, law)
    solid = shares(np.asarray(space.tissue_rest).T, np.asarray(space.tissue.cells).T, law)
    room = np.asarray(cell_volumes(space.fluid_rest, space.fluid))
    rest = np.asarray(space.tissue_shape.cell_volumes)
    inside = np.bincount(fluid.target, fluid.corner.sum(axis=0) * room[fluid.cell], targets)
    return inside + np.bincount(solid.target, solid.corner.sum(axis=0) * rest[solid.cell], targets)
