"""Image stacks as data: every voxel that the model's own image has is a series of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from meshes.errors import InputError
from solver.columns.stack import Stack, read_stack
from solver.fit.observed import Observed, observed
from solver.observe.image import ImageLook


@dataclass(frozen=True, eq=False)
class Images:
    """A stack before it is known which of its voxels the model sees.

    Attributes:
        path: of its file, for people.
        stack: as read, `every` known.
        sees: the reading of an instrument that it saw, `<instrument>_content_1`.
        begins: s, time in the run of the first image.
        unit: content of one unit of the file.
        sigma: of the noise, in that of the file; None: found.
        scaled: scale and offset are unknown.
    """

    path: Path
    stack: Stack
    sees: str
    begins: float
    unit: float
    sigma: float | None
    scaled: bool

    def through(self, looks: Mapping[str, Any]) -> Observed:
        """Values of the voxels that an instrument sees, voxel after voxel.

        Raises:
            InputError: no image of the model, or one of another shape.
        """
        name = self.sees.removesuffix("_content_1")
        look = looks.get(name)
        if not isinstance(look, ImageLook):
            raise InputError(
                f"{self.path}: data.sees is {self.sees!r}, no image of the model; say "
                f"+observe/instrument@observe.scan=image observe.scan.path={self.path} "
                "data.sees=scan_content_1"
            )
        values = self.stack.values
        if values.shape[1:] != look.shape:
            raise InputError(
                f"{self.path}: images of {_by(values.shape[1:])} voxels, but observe.{name} has "
                f"{_by(look.shape)}; give both the same file"
            )
        seen = np.asarray(look.voxels)
        picked = values.reshape(len(values), -1)[:, seen].T
        times = self.begins + (self.stack.every or 0.0) * np.arange(len(values))
        return observed(
            f"{self.path.name}, {len(seen)} voxels",
            self.sees,
            np.tile(times, len(seen)),
            self.unit * picked.ravel(),
            sigma=None if self.sigma is None else self.unit * self.sigma,
            scaled=self.scaled,
            places=np.repeat(np.arange(len(seen)), len(values)),
        )


def read_images(
    path: str | Path,
    sees: str,
    *,
    every: float | None = None,
    begins: float = 0.0,
    unit: float = 1.0,
    sigma: float | None = None,
    scaled: bool = False,
) -> Images:
    """A stack from a NIfTI or TIFF file.

    Args:
        every: s, between images; None: as the file says.
        others: as of `Images`.

    Raises:
        InputError: a file that cannot be read, or several images at unknown times.
    """
    stack = read_stack(path)
    every = stack.every if every is None else every
    if len(stack.values) > 1 and not (every and every > 0):
        raise InputError(
            f"{path}: does not say how long after each other its {len(stack.values)} images were "
            "taken; give data.every in seconds"
        )
    stack = Stack(stack.values, stack.affine, every)
    return Images(Path(path), stack, sees, begins, unit, sigma, scaled)


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
