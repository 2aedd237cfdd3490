"""One frame to be drawn: a moment of a run, and from where it is seen.

Between two written fields everything is interpolated linearly, the moved points too:

    f(t) = (1 - w) f_k + w f_{k+1},    shown points = x_0 + motion (x(t) - x_0)

with `x_0` those of the run's first field. SI units.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from meshes.errors import InputError
from solver.render.cutaway import View
from solver.render.fields import Fields, read_fields
from solver.store import RunFiles


@dataclass(frozen=True)
class Shot:
    """A moment and a view.

    Attributes:
        field: a `.vtu` file.
        view: from where.
        following: the next field; the same where none is needed.
        weight: of the next, 0 to 1.
        rest: the field from which displacement is counted.
        unit: m per unit of length in the files.
    """

    field: Path
    view: View
    following: Path | None = None
    weight: float = 0.0
    rest: Path | None = None
    unit: float = 1.0

    def asked(self) -> dict[str, Any]:
        """The shot as JSON knows it."""
        paths = {
            key: str(path.resolve()) if path else None
            for key, path in (
                ("field", self.field),
                ("following", self.following),
                ("rest", self.rest),
            )
        }
        view = {
            key: value.tolist() if isinstance(value, np.ndarray) else value
            for key, value in asdict(self.view).items()
        }
        return {**paths, "weight": self.weight, "unit": self.unit, "view": view}

    @classmethod
    def from_asked(cls, asked: Mapping[str, Any]) -> "Shot":
        """The shot that `asked` told."""
        told: dict[str, Any] = {
            key: np.array(value) if isinstance(value, list) else value
            for key, value in asked["view"].items()
        }
        paths = {
            key: Path(asked[key]) if asked[key] else None for key in ("field", "following", "rest")
        }
        return cls(view=View(**told), weight=asked["weight"], unit=asked["unit"], **paths)  # type: ignore[arg-type]

    def fields(self, motion: float) -> tuple[Fields, Float[np.ndarray, "points 3"]]:
        """What is known at the moment, displacement times `motion`; and the points at rest."""
        now = read_fields(self.field, self.unit)
        if self.following and self.weight > 0:
            now = _between(now, read_fields(self.following, self.unit), self.weight)
        rest = read_fields(self.rest, self.unit).points if self.rest else now.points
        if rest.shape != now.points.shape:
            rest = now.points
        return replace(now, points=rest + motion * (now.points - rest)), rest


def shot_at(run: RunFiles, time: float, view: View) -> Shot:
    """The moment `time` (s) of a run, clipped to what its fields span.

    Raises:
        InputError: if the run holds no fields.
    """
    if not len(run.times):
        raise InputError(
            f"{run.folder}: no fields in it, so nothing to draw; run again with "
            "output.fields_every=<seconds>."
        )
    time = float(np.clip(time, run.times[0], run.times[-1]))
    last = max(len(run.times) - 2, 0)
    at = min(int(np.searchsorted(run.times, time, side="right")) - 1, last)
    after = min(at + 1, len(run.times) - 1)
    gap = run.times[after] - run.times[at]
    weight = float((time - run.times[at]) / gap) if gap > 0 else 0.0
    if weight == 1.0:
        at, weight = after, 0.0
    return Shot(run.fields[at], view, run.fields[after], weight, run.fields[0])


def _between(one: Fields, other: Fields, weight: float) -> Fields:
    """Linear between two fields on the same cells; the nearer where the cells differ."""
    if one.cells.shape != other.cells.shape or one.points.shape != other.points.shape:
        return one if weight < 0.5 else other
    mixed = {
        name: (1 - weight) * values + weight * other.data[name]
        for name, values in one.data.items()
        if name in other.data
    }
    points = (1 - weight) * one.points + weight * other.points
    return replace(one, points=points, data=mixed)
