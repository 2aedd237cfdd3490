"""Instruments of a run: built from `conf/observe`, their arrays saved, what they saw told."""

import math
from collections.abc import Mapping
from pathlib import Path

from omegaconf import DictConfig

from meshes.errors import InputError
from solver import store
from solver.observe.account import account, in_words
from solver.observe.instrument import Ready, put_in_place
from solver.simulate import Run
from solver.state import Model, Prepared
from solver.units import WRITTEN, unit_of

from .command import build


def choose_instruments(config: DictConfig, model: Model, prepared: Prepared) -> dict[str, Ready]:
    """The instruments that `conf/observe` describes, in place.

    Raises:
        InputError: for one that cannot be, or that sees nothing.
    """
    chosen = build(config, "observe") or {}
    for name, each in chosen.items():
        if not hasattr(each, "prepare"):
            raise InputError(
                f"observe.{name} is {each!r}, no instrument; write "
                f"+observe/instrument@observe.{name}=photometry"
            )
    return put_in_place(chosen, model, prepared)


def save_arrays(folder: Path, run: Run, instruments: Mapping[str, Ready]) -> None:
    """Write a file for every instrument that reads arrays."""
    for name, columns in store.columns_of(instruments, run.observed).items():
        each = instruments[name]
        variables = {"time": store.Variable("s", ("time",), run.times)} | {
            axis.name: store.Variable(axis.unit, (axis.name,), axis.values) for axis in each.axes
        }
        for column in columns:
            quantity, suffix = unit_of(column.removeprefix(f"{name}_"))
            axes = ("time", *(axis.name for axis in each.axes))
            variables[quantity] = store.Variable(WRITTEN[suffix], axes, run.observed[column])
        if columns:
            store.save_observed(folder, name, each.words, variables)


def what_they_saw(
    run: Run, instruments: Mapping[str, Ready], period: float
) -> tuple[dict[str, float], list[tuple[str, str]]]:
    """Entries of `summary.json`, and a row of words for every instrument.

    Args:
        period: of the oscillation, s; NaN without one.
    """
    numbers: dict[str, float] = {}
    rows = []
    for name, columns in store.columns_of(instruments, run.signals).items():
        facts = {f"{name}_{key}": value for key, value in instruments[name].facts.items()}
        found = account(run.signals, columns, period)
        numbers |= facts | found
        rows.append((name, f"{in_words(found, columns)}; {instruments[name].words}"))
    return numbers, rows


def period_of(summary: Mapping[str, object]) -> float:
    """Period of the oscillation that a summary found, s; NaN without one."""
    found = summary["period_s"]
    return float(found) if isinstance(found, float) else math.nan
