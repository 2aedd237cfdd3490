"""The scene of a run as one HTML page that turns, zooms and plays in any browser, without a server.

Drawn by plotly (extra `page`), whose script is put into the page: nothing is fetched when it is
opened. What is shown is what `overview` shows: wall, sheath and tissue as glass, the tracer on the
opening along the vessels, arrows for the velocity; micrometres. Times are those of written fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.colors import to_hex

from meshes.errors import InputError
from solver.render import cutaway, overlay, palette
from solver.render.fields import Fields, read_fields
from solver.render.page_layout import layout
from solver.render.preset import OVERVIEW, Preset
from solver.render.save import save_text
from solver.render.shot import shot_at
from solver.render.staging import Ranges, Staging, stage

MOMENTS = 13  # most that can be chosen in a page, so that it stays small
SHADES = 12  # of a colour map
MICRO = 1e6
ELEMENT = "glymphax"  # name of the element that holds the scene


def page(
    run_folder: str | Path,
    output_html: str | Path,
    *,
    preset: Preset = OVERVIEW,
    theme: str = "dark",
    ranges: Ranges | None = None,
    moments: int = MOMENTS,
) -> Path:
    """Write the scene of a run as a page of its own.

    Args:
        run_folder: what `pvs-simulate` left.
        output_html: where the page goes.
        preset: its colour and motion are used.
        theme: "dark" or "white".
        ranges: lowest and highest of quantities, SI, if not those of the run.
        moments: how many times can be chosen.

    Raises:
        InputError: plotly is missing, the folder is no run or has no fields, or the place cannot be
            written.
    """
    text = scene_html(run_folder, preset=preset, theme=theme, ranges=ranges, moments=moments)
    return save_text(text, output_html)


def scene_html(
    run_folder: str | Path,
    *,
    preset: Preset = OVERVIEW,
    theme: str = "dark",
    ranges: Ranges | None = None,
    moments: int = MOMENTS,
    height: str | None = None,
) -> str:
    """The scene as HTML: a whole page, or with a `height` an element and the script that fills it.

    Raises:
        InputError: plotly is missing, or the folder is no run or has no fields.
    """
    if find_spec("plotly") is None:
        raise InputError(
            "the interactive scene needs plotly; python -m pip install 'glymphax[page]'."
        )
    from plotly import graph_objects

    staging = stage([run_folder], preset, (1600, 900), theme, ranges)
    times = staging.runs[0].times
    count = min(moments, len(times))
    chosen = times[np.unique(np.linspace(0, len(times) - 1, count).round()).astype(int)]
    stand = _Stand(staging)
    frames = [stand.moving(float(time)) for time in chosen]
    figure = graph_objects.Figure(
        data=[*frames[-1], *stand.still()],
        frames=[
            {"name": f"{time:g}", "data": _changing(data), "traces": list(range(len(data)))}
            for time, data in zip(chosen, frames, strict=True)
        ],
        layout=layout(staging, [f"{time:g}" for time in chosen]),
    )
    html: str = figure.to_html(
        include_plotlyjs=True,
        full_html=height is None,
        auto_play=False,
        div_id=ELEMENT,
        default_height=height or "100vh",
        config={"displaylogo": False, "responsive": True, "scrollZoom": True},
    )
    margin = f"margin:0;overflow:hidden;background:{palette.THEMES[theme].background}"
    return html.replace("<body>", f'<body style="{margin}">')


@dataclass(frozen=True)
class _Stand:
    """The traces of a scene."""

    staging: Staging

    def moving(self, time: float) -> list[dict[str, Any]]:
        """Wall, opening and arrows at a time, s."""
        view, preset = self.staging.views[0], self.staging.preset
        fields, rest = shot_at(self.staging.runs[0], time, view).fields(preset.motion)
        traces = [self._opening(fields, rest)]
        for kind in cutaway.walls(fields):
            looks = {"color": kind.colour, "name": kind.name, "lighting": _gloss(0.2)}
            traces += [_surface(fields.points, kind.triangles) | looks]
        if fields.pvs.any():
            traces += [self._arrows(fields)]
        return traces

    def still(self) -> list[dict[str, Any]]:
        """Sheath, tissue and scale bar."""
        fields = read_fields(self.staging.runs[0].fields[0])
        tissue = fields.cells[~fields.pvs]
        glass = palette.THEMES[self.staging.theme].glass
        traces = []
        if len(tissue) and fields.pvs.any():
            sheath = {"color": palette.SHEATH, "opacity": 0.14, "name": "endfoot sheath"}
            traces += [_surface(fields.points, cutaway.sheath(fields)) | sheath]
        if len(tissue):
            look = {"color": glass, "opacity": 0.09, "name": "tissue", "lighting": _gloss(0.2)}
            traces += [_surface(fields.points, cutaway.faces(tissue)) | look]
        return [*traces, self._scale_bar(fields)]

    @cached_property
    def _level(self) -> Float[np.ndarray, " points"]:
        """Of the opening, found once, at rest."""
        return cutaway.before_sheet(
            read_fields(self.staging.runs[0].fields[0]), self.staging.views[0]
        )

    def _opening(self, fields: Fields, rest: Float[np.ndarray, "points 3"]) -> dict[str, Any]:
        """The opaque cut along the vessels at rest, coloured by the preset's quantity."""
        name = self.staging.preset.colour
        quantity = palette.QUANTITIES[name]
        edges, weight = cutaway.section(fields.cells, self._level)
        ends = np.sort(edges.reshape(-1, 2), axis=1)
        _, first, back = np.unique(ends, axis=0, return_index=True, return_inverse=True)
        pairs, share = edges.reshape(-1, 1, 2)[first], weight.reshape(-1, 1)[first]
        points = cutaway.at_corners(rest, pairs, share)[:, 0]
        values = fields.quantity(name)
        low, high = self.staging.ranges[name]
        return _surface(points, back.reshape(-1, 3)) | {
            "name": quantity.label,
            "intensity": _short(cutaway.at_corners(values, pairs, share)[:, 0] / quantity.per_unit),
            "cmin": low / quantity.per_unit,
            "cmax": high / quantity.per_unit,
            "colorscale": _colours(quantity),
            "colorbar": self._bar(quantity, 0.78),
            "lighting": {"ambient": 0.9, "diffuse": 0.2, "specular": 0.0},
        }

    def _arrows(self, fields: Fields) -> dict[str, Any]:
        """Cones along the velocity in mid gap, as long as it is fast."""
        view, (_, fastest) = self.staging.views[0], self.staging.ranges["speed"]
        seeds = cutaway.arrow_seeds(fields, self._level, 0.03 * view.height)
        velocity = fields.vector("velocity")[seeds] / palette.SPEED.per_unit
        x, y, z = (_short(column) for column in MICRO * fields.points[seeds].T)
        u, v, w = (_short(column) for column in velocity.T)
        return {
            "type": "cone",
            **{"x": x, "y": y, "z": z, "u": u, "v": v, "w": w},
            "name": palette.SPEED.label,
            "anchor": "tail",
            "sizemode": "raw",
            "sizeref": 0.05 * view.height * MICRO / (fastest / palette.SPEED.per_unit),
            "cmin": 0.0,
            "cmax": fastest / palette.SPEED.per_unit,
            "colorscale": _colours(palette.SPEED),
            "colorbar": self._bar(palette.SPEED, 0.34),
            "lighting": {"ambient": 0.8},
        }

    def _scale_bar(self, fields: Fields) -> dict[str, Any]:
        """A line of round length under the scene, with its length."""
        view = self.staging.views[0]
        length = overlay.round_length(0.2 * view.height)
        placed = view.project(fields.points)
        corner = np.array([placed[:, 0].max() - length, placed[:, 1].min(), 0.0])
        ends = np.stack([corner, corner + np.array([length, 0.0, 0.0])])
        x, y, z = MICRO * (view.centre + ends @ np.stack([view.right, view.up, view.toward])).T
        colour = palette.THEMES[self.staging.theme].text
        return {
            "type": "scatter3d",
            **{"x": x, "y": y, "z": z},
            "mode": "lines+text",
            "line": {"color": colour, "width": 6},
            "text": [f"{length * MICRO:g} µm", ""],
            "textposition": "top right",
            "textfont": {"color": colour, "size": 14},
            "hoverinfo": "skip",
            "showlegend": False,
        }

    def _bar(self, quantity: palette.Quantity, height: float) -> dict[str, Any]:
        theme = palette.THEMES[self.staging.theme]
        unit = "" if quantity.unit == "1" else f" ({quantity.unit})"
        return {
            "title": {"text": (quantity.label + unit).replace(", ", ",<br>"), "side": "right"},
            "len": 0.4,
            "y": height,
            "thickness": 12,
            "outlinewidth": 0,
            "tickfont": {"color": theme.faint},
        }


def _changing(traces: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of moving traces what differs from one moment to the next."""
    opening, *others = traces
    wanted = ("type", "x", "y", "z", "u", "v", "w")
    kept = [{key: trace[key] for key in wanted if key in trace} for trace in others]
    return [{"type": "mesh3d", "intensity": opening["intensity"]}, *kept]


def _surface(
    points: Float[np.ndarray, "points 3"], triangles: Int[np.ndarray, "triangles 3"]
) -> dict[str, Any]:
    """Triangles as plotly wants them, micrometres, with no point that none of them needs."""
    used, numbers = np.unique(triangles, return_inverse=True)
    x, y, z = (_short(column) for column in MICRO * points[used].T)
    i, j, k = numbers.reshape(-1, 3).astype(np.int32).T
    return {
        "type": "mesh3d",
        **{"x": x, "y": y, "z": z, "i": i, "j": j, "k": k},
        "hoverinfo": "name",
    }


def _short(values: Float[np.ndarray, " values"]) -> Float[np.ndarray, " values"]:
    """In single precision: half the page."""
    return np.ascontiguousarray(values, dtype=np.float32)


def _colours(quantity: palette.Quantity) -> list[list[float | str]]:
    """A colour map as plotly wants it."""
    shades = quantity.colour_map()
    return [[share, to_hex(shades(share))] for share in np.linspace(0.0, 1.0, SHADES)]


def _gloss(specular: float) -> dict[str, float]:
    return {
        **{"ambient": 0.65, "diffuse": 0.5, "specular": specular, "roughness": 0.4},
        **{"vertexnormalsepsilon": 0.0, "facenormalsepsilon": 0.0},  # small triangles count too
    }
