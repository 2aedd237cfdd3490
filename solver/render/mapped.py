"""The picture of a sensitivity map: its cells opened along the vessel, coloured by it."""

import tempfile
from pathlib import Path

import numpy as np

from meshes.errors import InputError
from solver.render import cutaway, drawing, overlay, palette, projection
from solver.render.fields import read_fields
from solver.render.pictures import PictureReport, reported
from solver.render.preset import SENSITIVITY
from solver.render.save import save_figure
from solver.render.shot import Shot

SHOWN = 98.0  # per cent of the values, by size, that the colours tell apart [choice]


def sensitivity_picture(
    vtu_path: str | Path,
    output_png: str | Path,
    note: str = "",
    *,
    size: tuple[int, int] = (1920, 1080),
    theme: str = "dark",
) -> PictureReport:
    """Picture the cell array `sensitivity` of a mesh in metres.

    Args:
        vtu_path: tetrahedra with cell arrays `region` and `sensitivity`.
        output_png: where the picture goes.
        note: what it shows, in words.
        size: pixels.
        theme: "dark" or "white".

    Raises:
        InputError: if the file cannot be read or has no such array.
    """
    fields = read_fields(vtu_path)
    if "sensitivity" not in fields.data:
        raise InputError(f"{vtu_path}: no array sensitivity in it; make one with task=map")
    reach = float(np.percentile(np.abs(fields.scalar("sensitivity")), SHOWN)) or 1.0
    ranges = {"sensitivity": (-reach, reach)}
    caption = overlay.Caption(
        title=SENSITIVITY.title,
        note=note,
        bars=[(palette.SENSITIVITY, -reach, reach)],
        theme=theme,
    )
    view = cutaway.look(fields, size[0] / size[1], (overlay.STRIP, overlay.HEADER))
    figure, axes = overlay.canvas(size, theme)
    with tempfile.TemporaryDirectory() as scratch:
        shots = [Shot(Path(vtu_path), view)]
        reason = drawing.draw(shots, SENSITIVITY, ranges, theme, size, Path(scratch))
        if reason:
            projection.draw(axes, fields, view, SENSITIVITY, ranges)
        else:
            overlay.lay_image(axes, drawing.image(Path(scratch), 0))
    overlay.annotate(figure, view, caption)
    return reported(save_figure(figure, output_png), reason)
