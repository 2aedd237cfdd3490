"""What stands round the scene of a page: camera, slider of times, buttons, no axes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from solver.render import palette
from solver.render.cutaway import View
from solver.render.fields import read_fields
from solver.render.staging import Staging

FILLING = 2.6  # sides of plotly's box over those of what it holds, in visible heights


def layout(staging: Staging, times: Sequence[str]) -> dict[str, Any]:
    """Camera as in the pictures, a slider of times, no axes."""
    theme, view = palette.THEMES[staging.theme], staging.views[0]
    still = {"frame": {"duration": 0, "redraw": True}, "mode": "immediate"}
    play = {"frame": {"duration": 350, "redraw": True}, "transition": {"duration": 0}}
    caption = staging.caption(float(times[-1]))
    steps = [{"label": time, "method": "animate", "args": [[time], still]} for time in times]
    eye = {key: 1.6 * float(value) for key, value in zip("xyz", view.toward, strict=True)}
    up = {key: float(value) for key, value in zip("xyz", view.up, strict=True)}
    return {
        "title": {"text": caption.note, "font": {"size": 16}, "x": 0.02},
        "paper_bgcolor": theme.background,
        "font": {"color": theme.text, "family": "system-ui, sans-serif"},
        "margin": {"l": 0, "r": 0, "t": 48, "b": 0},
        "scene": {
            "aspectmode": "manual",
            "aspectratio": dict(zip("xyz", _ratio(view, staging), strict=True)),
            **{axis: {"visible": False} for axis in ("xaxis", "yaxis", "zaxis")},
            "camera": {"eye": eye, "up": up, "projection": {"type": "orthographic"}},
            "dragmode": "orbit",
        },
        "sliders": [
            {
                "active": len(times) - 1,
                "currentvalue": {"prefix": "t = ", "suffix": " s"},
                "steps": steps,
                **{"x": 0.14, "len": 0.8, "pad": {"b": 12, "t": 12}},
            }
        ],
        "updatemenus": [
            {
                "type": "buttons",
                "direction": "left",
                "bgcolor": theme.background,
                "showactive": False,
                "buttons": [
                    {"label": "play", "method": "animate", "args": [None, play]},
                    {"label": "stop", "method": "animate", "args": [[None], still]},
                ],
                **{"x": 0.02, "y": 0, "xanchor": "left", "yanchor": "top", "pad": {"t": 32}},
            }
        ],
    }


def _ratio(view: View, staging: Staging) -> Float[np.ndarray, "3"]:
    """Sides of the box that plotly draws, true to scale, so large that it fills the window."""
    sides = np.ptp(read_fields(staging.runs[0].fields[0]).points, axis=0)
    found: np.ndarray = FILLING * sides / view.height
    return found
