"""The folder itself: opened for a run, its configuration and summary, and all of it read back."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float

from meshes.errors import InputError
from solver.store.fields import read_series
from solver.store.names import CONFIG, OBSERVED, PICTURES, SERIES, SIGNALS, SUMMARY, WRITTEN
from solver.store.signals import read_signals
from solver.store.writing import unwritable, write


@dataclass(frozen=True)
class RunFiles:
    """A run folder as read: what an interrupted run has not written is empty.

    Attributes:
        folder: where it is.
        times: s, of the fields.
        fields: one `.vtu` path per time.
        signals: columns of `signals.csv` by name, SI.
        summary: `summary.json`.
        config: `config.yaml`.
        observed: files of the instruments that read arrays, by name.
    """

    folder: Path
    times: Float[np.ndarray, " fields"]
    fields: tuple[Path, ...]
    signals: dict[str, Float[np.ndarray, " steps"]]
    summary: dict[str, Any]
    config: dict[str, Any]
    observed: dict[str, Path] = field(default_factory=dict)


def open_run(folder: str | Path) -> Path:
    """Make the folder ready for a new run: created if absent, an earlier run's files removed.

    Only files that a run itself writes are removed; anything else in the folder stays.

    Raises:
        InputError: if the folder cannot be made or written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for pattern in (*WRITTEN, *PICTURES):
            for path in folder.glob(pattern):
                path.unlink()
        write(folder / CONFIG, lambda path: path.write_text("{}\n", encoding="utf-8"))
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def save_config(folder: str | Path, mapping: Mapping[str, Any]) -> Path:
    """Write `config.yaml` from plain nested values."""
    text = yaml.safe_dump(dict(mapping), sort_keys=False, allow_unicode=True)
    return write(Path(folder) / CONFIG, lambda path: path.write_text(text, encoding="utf-8"))


def save_summary(folder: str | Path, summary: Mapping[str, Any]) -> Path:
    """Write `summary.json`: a flat mapping of numbers, truth values and words.

    A number that is not finite is written as null. Raises `TypeError` for a nested value.
    """
    text = json.dumps({name: _plain(name, value) for name, value in summary.items()}, indent=2)
    return write(Path(folder) / SUMMARY, lambda path: path.write_text(text + "\n", "utf-8"))


def read_run(folder: str | Path) -> RunFiles:
    """Read a run folder, finished or interrupted.

    Raises:
        InputError: for a folder that is not a run, or a file in it that cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the folder of a run.")
    if not any((folder / name).is_file() for name in (SERIES, SIGNALS)):
        raise InputError(
            f"{folder}: not a run folder, neither {SERIES} nor {SIGNALS} is in it; give the folder "
            "that pvs-simulate wrote."
        )
    series = read_series(folder / SERIES)
    missing = [name for _, name in series if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"{folder / SERIES}: lists {missing[0]}, which is not there; copy the whole folder."
        )
    return RunFiles(
        folder=folder,
        times=np.array([time for time, _ in series]),
        fields=tuple(folder / name for _, name in series),
        signals=read_signals(folder / SIGNALS),
        summary=_parsed(folder / SUMMARY, json.loads),
        config=_parsed(folder / CONFIG, yaml.safe_load),
        observed={path.stem: path for path in sorted((folder / OBSERVED).glob("*.nc"))},
    )


def _plain(name: str, value: Any) -> bool | int | float | str | None:
    """A value as JSON knows it."""
    if isinstance(value, str | bool | int | None):
        return value
    if np.ndim(value) != 0 or isinstance(value, Mapping):
        raise TypeError(f"summary entry {name!r} is not a single value")
    single = np.asarray(value)
    if single.dtype == bool:
        return bool(single)
    if np.issubdtype(single.dtype, np.integer):
        return int(single)
    return float(single) if math.isfinite(float(single)) else None


def _parsed(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """A mapping from a text file; empty if the file is not there."""
    if not path.is_file():
        return {}
    try:
        return dict(parse(path.read_text(encoding="utf-8")) or {})
    except (ValueError, TypeError, yaml.YAMLError) as error:
        reason = re.sub(r"\s+", " ", str(error))
        raise InputError(f"{path}: cannot be read ({reason}); run again.") from error
