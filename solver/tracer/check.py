"""Tracers that cannot be are refused at the door, by the name of their key."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from meshes.errors import InputError
from solver.geometry.material import check_property, scalar_on_cells
from solver.geometry.space import Space
from solver.tracer.initial import Stretch
from solver.tracer.species import AdvectionDiffusion

ABOVE_ZERO = ("diffusivity",)
ZERO_OR_MORE = ("uptake", "sheath_permeability")
LENGTHS = ("width", "fade", "half_life", "duration")  # of records: above zero
ANYWHERE = ("start", "times")  # of records: any sign
RESERVED = ("pvs", "tissue", "out", "influx", "outflux", "uptake", "produced", "left", "held")


def check_tracer(tracer: AdvectionDiffusion, space: Space, key: str = "tracer") -> None:
    """Refuse values that no tracer has. Host only.

    Args:
        key: what the user calls it, for the message.

    Raises:
        InputError: naming key and remedy.
    """
    for name in ABOVE_ZERO:
        _check(f"{key}.{name}", getattr(tracer, name), "above zero", lambda x: x > 0)
    for name in ZERO_OR_MORE:
        _check(f"{key}.{name}", getattr(tracer, name), "zero or more", lambda x: x >= 0)
    _check(f"{key}.tortuosity", tracer.tortuosity, "1 or more", lambda x: x >= 1)
    _check(f"{key}.reflection", tracer.reflection, "0 to 1", lambda x: (x >= 0) & (x <= 1))
    material = space.tissue_material
    check_property(f"{key}.porosity", tracer.porosity, material, scalar=True)
    check_property(f"{key}.production", tracer.production, material, zero=True, scalar=True)
    if space.tissue.cells.shape[1]:
        most = float(np.asarray(scalar_on_cells(tracer.porosity, material)).max())
        _check(f"{key}.porosity", most, "above zero and at most 1", lambda x: x <= 1)
    for name in ("mouth", "initial_pvs", "initial_tissue"):
        _check_concentration(f"{key}.{name}", getattr(tracer, name))
    if isinstance(tracer.initial_tissue, Stretch):
        raise InputError(
            f"{key}.initial_tissue has no path along a vessel; give a number or a plume"
        )


def check_names(tracers: Mapping[str, AdvectionDiffusion]) -> None:
    """Refuse names of further tracers that would make columns of other meaning.

    Raises:
        InputError: naming the tracer.
    """
    for name in tracers:
        if not str(name).isidentifier() or name.split("_")[0] in RESERVED:
            raise InputError(
                f"tracers.{name}: call it by letters, digits and underscores, beginning with a "
                f"letter and with none of {', '.join(RESERVED)}"
            )


def _check_concentration(key: str, given: Any) -> None:
    """A number or a record of numbers, none of them below zero."""
    if not is_dataclass(given):
        _check(key, given, "zero or more", lambda x: x >= 0)
        return
    for field in fields(given):
        if field.name in ANYWHERE or field.metadata.get("static"):
            continue
        value, name = getattr(given, field.name), f"{key}.{field.name}"
        if field.name in LENGTHS:
            _check(name, value, "above zero", lambda x: x > 0, endless=field.name == "half_life")
        else:
            _check(name, value, "zero or more", lambda x: x >= 0)


def _check(key: str, given: Any, words: str, right: Any, *, endless: bool = False) -> None:
    values = np.asarray(given, dtype=float)
    good = right(values) & (np.isfinite(values) | endless) & ~np.isnan(values)
    if not good.all():
        worst = values[~good].ravel()[0] if values.ndim else values
        raise InputError(f"{key} is {float(worst):g}; give a number that is {words}")
