"""Image stacks: voxels over time as NIfTI or TIFF hold them (extra `glymphax[images]`).

NIfTI says where its voxels lie and in which units; of a TIFF, whose axes are taken as (time,) z, y,
x, that is to be told. Lengths in metres, times in seconds.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from jaxtyping import Float

from meshes.errors import InputError

NIFTI, TIFF = (".nii", ".nii.gz"), (".tif", ".tiff")
METRES = {"meter": 1.0, "mm": 1e-3, "micron": 1e-6, "unknown": 1e-3}  # unknown: as good as all do
SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}


@dataclass(frozen=True, eq=False)
class Stack:
    """Images one after the other.

    Attributes:
        values: in the unit of the file.
        affine: voxel index to m, to the centre of the voxel; None where the file does not say.
        every: s, between images; None where the file does not say.
    """

    values: Float[np.ndarray, "frames x y z"]
    affine: Float[np.ndarray, "4 4"] | None
    every: float | None


def is_stack(path: str | Path) -> bool:
    """Whether a file is one of images, by its name."""
    return str(path).lower().endswith(NIFTI + TIFF)


def read_stack(path: str | Path) -> Stack:
    """Read a NIfTI or TIFF file of two, three or four dimensions.

    Raises:
        InputError: a file that is missing, damaged or has other dimensions, or a library that is.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the path of a NIfTI or TIFF file")
    nifti = str(path).lower().endswith(NIFTI)
    library = _library(path, "nibabel" if nifti else "tifffile")
    try:
        return _nifti(path, library) if nifti else _tiff(path, library)
    except InputError:
        raise
    except Exception as error:  # the libraries raise many kinds
        raise InputError(f"{path}: cannot be read as images ({error}); export it again") from error


def _library(path: Path, name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f"{path}: reading it needs {name}; python -m pip install 'glymphax[images]'"
        ) from error


def _nifti(path: Path, nibabel: ModuleType) -> Stack:
    image = nibabel.load(path)
    length, time = image.header.get_xyzt_units()
    values = np.asarray(image.get_fdata(), dtype=float)
    if values.ndim not in (3, 4):
        raise InputError(f"{path}: has {values.ndim} dimensions; give x, y, z and perhaps time")
    affine = np.asarray(image.affine, dtype=float).copy()
    affine[:3] *= METRES[length]
    every = None
    if values.ndim == 4 and time in SECONDS:
        every = float(image.header.get_zooms()[3]) * SECONDS[time]
    return Stack(values[None] if values.ndim == 3 else np.moveaxis(values, 3, 0), affine, every)


def _tiff(path: Path, tifffile: ModuleType) -> Stack:
    values = np.asarray(tifffile.imread(path), dtype=float)
    if values.ndim not in (2, 3, 4):
        raise InputError(f"{path}: has {values.ndim} dimensions; give (time,) z, y, x")
    while values.ndim < 4:
        values = values[None]
    return Stack(values.transpose(0, 3, 2, 1), None, None)
