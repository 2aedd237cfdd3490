"""A run put on stage: what is shown of it, from where and in which ranges, the same at every time.

Ranges are those of the whole run (of at most `SAMPLED` of its fields), so that its pictures and
films can be compared: speed from zero to the 99.5th percentile in the perivascular space,
concentration from zero to the 99.9th in the tissue, pressure to as much either way, all rounded up.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float

import solver.store
from meshes.errors import InputError
from solver.render import close_up, cutaway, overlay, palette, strip
from solver.render.cutaway import View
from solver.render.fields import Fields, read_fields
from solver.render.preset import Preset
from solver.render.shot import Shot, shot_at
from solver.store import RunFiles

SAMPLED = 24  # fields in which ranges are sought
Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Staging:
    """Runs on stage, one panel each.

    Attributes:
        runs: one, or two to be compared.
        views: one for each run, all of one height.
        preset: what is shown.
        ranges: lowest and highest of every quantity, SI.
        size: pixels of the whole picture.
        theme: "dark" or "white".
    """

    runs: tuple[RunFiles, ...]
    views: tuple[View, ...]
    preset: Preset
    ranges: Ranges
    size: tuple[int, int]
    theme: str

    @property
    def panel(self) -> tuple[int, int]:
        """Pixels of one panel."""
        return self.size[0] // len(self.runs), self.size[1]

    def shots(self, time: float) -> list[Shot]:
        """A shot of every run at a time, s."""
        return [shot_at(run, time, view) for run, view in zip(self.runs, self.views, strict=True)]

    def caption(self, time: float) -> overlay.Caption:
        """What is written over the picture at a time, s."""
        state = strip.state_at(self.runs[0].signals, time)
        notes = [self.preset.title]
        if self.preset.motion != 1.0:
            notes.append(f"motion of the wall × {self.preset.motion:g}")
        if any(shot.weight for shot in self.shots(time)):
            gap = np.median(np.diff(self.runs[0].times))
            notes.append(f"fields every {gap:g} s, linear between")
        return overlay.Caption(
            title=f"t = {time:.0f} s" + (f"   {state}" if state else ""),
            note="  ·  ".join(notes),
            bars=[(palette.QUANTITIES[q], *self.ranges[q]) for q in self.preset.quantities()],
            keys=(*self._walls, (palette.SHEATH, "endfoot sheath")),
            signals=[run.signals for run in self.runs],
            curves=self.preset.curves,
            time=time,
            source=norepinephrine_source(self.runs[0]),
            panels=self._panels(),
            theme=self.theme,
        )

    @cached_property
    def _walls(self) -> tuple[tuple[str, str], ...]:
        """Colour and name of every kind of wall in any of the runs."""
        kinds = [kind for run in self.runs for kind in cutaway.walls(read_fields(run.fields[0]))]
        return tuple({kind.name: (kind.colour, kind.name) for kind in kinds}.values())

    def _panels(self) -> tuple[str, ...]:
        """What tells the runs apart, and whose curves are dashed."""
        if len(self.runs) == 1:
            return ()
        one, other = names(self.runs)
        return one, f"{other}   (dashed below)" if self.preset.curves else other


def stage(
    folders: Sequence[str | Path],
    preset: Preset,
    size: tuple[int, int],
    theme: str = "dark",
    ranges: Ranges | None = None,
) -> Staging:
    """Put one run on stage, or two of them side by side.

    Args:
        folders: of the runs.
        preset: what is shown.
        size: pixels of the whole picture.
        theme: "dark" or "white".
        ranges: of quantities whose range is not to be found in the runs, SI.

    Raises:
        InputError: a folder is no run or has no fields; a theme or a quantity is not known.
    """
    if theme not in palette.THEMES:
        raise InputError(f"theme is {theme!r}; choose {' or '.join(palette.THEMES)}.")
    for name, ends in (ranges or {}).items():
        if name not in palette.QUANTITIES:
            raise InputError(f"ranges has {name!r}; choose {', '.join(palette.QUANTITIES)}.")
        if len(ends) != 2 or not ends[0] < ends[1]:
            raise InputError(f"ranges.{name} is {list(ends)}; give [lowest, highest].")
    runs = tuple(solver.store.read_run(folder) for folder in folders)
    for run in runs:
        if not run.fields:
            raise InputError(
                f"{run.folder}: no fields in it, so nothing to draw; run again with "
                "output.fields_every=<seconds>."
            )
    free = (overlay.STRIP, overlay.HEADER)
    aspect = size[0] / len(runs) / size[1]
    views = [_view(read_fields(run.fields[0]), preset, aspect, free) for run in runs]
    same = _same_scale(views)
    return Staging(runs, same, preset, {**_ranges(runs), **(ranges or {})}, size, theme)


def names(runs: Sequence[RunFiles]) -> tuple[str, ...]:
    """What tells runs apart: keys of their configurations that differ, else their folders."""
    flat = [_flat(run.config) for run in runs]
    keys = [key for key in flat[0] if any(one.get(key) != flat[0][key] for one in flat)]
    keys = [key for key in keys if not key.startswith(("output", "machine", "experiment"))]
    if not 0 < len(keys) <= 2:
        return tuple(run.folder.name or str(run.folder) for run in runs)
    return tuple(", ".join(f"{key} = {one.get(key, 'absent')}" for key in keys) for one in flat)


def norepinephrine_source(run: RunFiles) -> str:
    """Whether the run's norepinephrine is synthetic or recorded, by its configuration."""
    told = json.dumps(run.config.get("signal", ""), default=str).lower()
    return "recorded" if "record" in told or "trace" in told else "synthetic"


def strongest(run: RunFiles) -> float:
    """The time (s) of the field, in the last third, with the largest flow through the mouth."""
    if not len(run.times):
        return 0.0
    late = run.times[run.times >= run.times[-1] - (run.times[-1] - run.times[0]) / 3]
    flow = run.signals.get("flow_inlet_m3_per_s")
    if flow is None or not len(flow):
        return float(run.times[-1])
    strength = np.abs(np.interp(late, run.signals["time_s"], flow))
    return float(late[np.argmax(strength)])


def _view(fields: Fields, preset: Preset, aspect: float, free: tuple[float, float]) -> View:
    if preset.close:
        return close_up.close_up(fields, preset.close, aspect, free)
    return cutaway.look(fields, aspect, free)


def _same_scale(views: Sequence[View]) -> tuple[View, ...]:
    """The views at the largest height among them, each with its middle where it was."""
    height = max(view.height for view in views)
    return tuple(View(**(vars(view) | {"height": height})) for view in views)


def _ranges(runs: Sequence[RunFiles]) -> dict[str, tuple[float, float]]:
    """Of every quantity over runs."""
    speed, tracer, pressure = 0.0, 0.0, 0.0
    for run in runs:
        count = len(run.fields)
        sampled = np.unique(np.linspace(0, count - 1, min(count, SAMPLED)).round().astype(int))
        for number in sampled:
            fields = read_fields(run.fields[number])
            inside = np.unique(fields.cells[fields.pvs])
            beyond = np.unique(fields.cells[~fields.pvs])
            moving = np.linalg.norm(fields.vector("velocity"), axis=1)[inside]
            speed = max(speed, _percentile(moving, 99.5))
            beyond = beyond if len(beyond) else inside
            tracer = max(tracer, _percentile(fields.scalar("concentration")[beyond], 99.9))
            pressure = max(pressure, _percentile(np.abs(fields.scalar("pressure")[inside]), 99.5))
    highest = _round_up(pressure, 1.0)
    return {
        "speed": (0.0, _round_up(speed, palette.SPEED.per_unit)),
        "concentration": (0.0, _round_up(tracer, 1.0)),
        "pressure": (-highest, highest),
    }


def _percentile(values: Float[np.ndarray, " points"], share: float) -> float:
    return float(np.percentile(values, share)) if len(values) else 0.0


def _round_up(value: float, otherwise: float) -> float:
    """The next of 1, 1.5, 2, 3, 5, 7.5 times a power of ten; `otherwise` for nothing."""
    if not value > 1e-12 * otherwise:
        return otherwise
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(s for s in (1, 1.5, 2, 3, 5, 7.5, 10) if s * power >= value * 0.999) * power)


def _flat(values: Mapping[str, object], before: str = "") -> dict[str, object]:
    """Nested values by dotted keys."""
    found: dict[str, object] = {}
    for key, value in values.items():
        name = f"{before}{key}"
        found |= _flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return found
