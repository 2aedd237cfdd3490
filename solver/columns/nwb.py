"""Series of Neurodata Without Borders files (NWB 2, which is HDF5), read as times and values.

A series is a group that holds `data` beside `timestamps` (s) or a `starting_time` with a `rate`
(Hz), wherever in the file it lies; its values are `data * conversion + offset` in its `unit`
(Rubel et al. 2022, eLife 11:e78362).
"""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from jaxtyping import Float

from meshes.errors import InputError

SUFFIXES = (".nwb", ".h5", ".hdf5")


def read_nwb(
    path: Path, series: str | None, channel: int | None
) -> tuple[Float[np.ndarray, " samples"], Float[np.ndarray, " samples"], str, str]:
    """Times (s, as in the file), values, name and unit of one series.

    Args:
        path: the file.
        series: name of the series, or its whole path in the file; null if there is only one.
        channel: column of a series that has several, from 0.

    Raises:
        InputError: for a file that is no HDF5, a series that is not there or not alone of its
            name, a channel that it lacks, or values that are no numbers.
    """
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; give the path of an NWB file.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read as HDF5; give an NWB file.") from error
    with file:
        name = _choose(path, _series_of(file), series)
        group = file[name]
        values = _channel(path, name, group["data"], channel)
        attributes = group["data"].attrs
        values = values * float(attributes.get("conversion", 1.0))
        values = values + float(attributes.get("offset", 0.0))
        times = _times(path, name, group, len(values))
        return times, values, name.rpartition("/")[2], _text(attributes.get("unit", ""))


def _series_of(file: h5py.File) -> list[str]:
    """Paths of all groups that hold a series."""
    found: list[str] = []

    def look(name: str, item: Any) -> None:
        timed = isinstance(item, h5py.Group) and ("timestamps" in item or "starting_time" in item)
        if timed and isinstance(item.get("data"), h5py.Dataset):
            found.append(name)

    file.visititems(look)
    return found


def _choose(path: Path, found: list[str], wanted: str | None) -> str:
    """The path of the series asked for, or of the only one."""
    if not found:
        raise InputError(f"{path}: holds no series with data and times; give another NWB file.")
    there = f"the series are {', '.join(found)}"
    if wanted is None:
        if len(found) == 1:
            return found[0]
        raise InputError(f"{path}: holds {len(found)} series; say which with series; {there}.")
    exact = wanted.strip("/")
    named = [name for name in found if exact in (name, name.rpartition("/")[2])]
    if not named:
        raise InputError(f"{path}: no series {wanted!r}; {there}.")
    if len(named) > 1 and exact not in named:
        raise InputError(
            f"{path}: {len(named)} series are called {wanted!r}; give the whole path of one of "
            f"{', '.join(named)}."
        )
    return exact if exact in named else named[0]


def _channel(
    path: Path, name: str, data: h5py.Dataset, channel: int | None
) -> Float[np.ndarray, " samples"]:
    """One column of the data as numbers."""
    if data.dtype.kind not in "iuf" or data.ndim not in (1, 2):
        raise InputError(
            f"{path}, series {name}: data of shape {data.shape} and type {data.dtype} are no "
            "trace; name another series."
        )
    width = 1 if data.ndim == 1 else data.shape[1]
    if channel is None and width > 1:
        raise InputError(f"{path}, series {name}: has {width} channels; say which with channel.")
    at = channel or 0
    if not isinstance(at, int) or not 0 <= at < width:
        raise InputError(
            f"{path}, series {name}: no channel {at!r}; give one from 0 to {width - 1}."
        )
    return np.asarray(data[:, at] if data.ndim == 2 else data[:], dtype=float)


def _times(path: Path, name: str, group: h5py.Group, samples: int) -> Float[np.ndarray, " samples"]:
    """Times of the samples, s."""
    if "timestamps" in group:
        times = np.asarray(group["timestamps"][:], dtype=float)
        if len(times) != samples:
            raise InputError(
                f"{path}, series {name}: {len(times)} timestamps for {samples} samples; mend the "
                "file or name another series."
            )
        return times
    start = group["starting_time"]
    rate = float(start.attrs.get("rate", 0.0))
    if not rate > 0:
        raise InputError(
            f"{path}, series {name}: its rate is {rate:g} Hz; a series without timestamps needs a "
            "positive one, so mend the file or name another series."
        )
    return float(start[()]) + np.arange(samples) / rate


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
