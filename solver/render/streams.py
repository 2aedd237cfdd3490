"""How a scene shows the velocity: arrows, and lines along it.

Lines follow the velocity of one moment; in a flow that changes they are not paths of particles.
Only the drawing process imports this.
"""

import numpy as np
import pyvista
from jaxtyping import Float, Int

from solver.render import cutaway, palette
from solver.render.canvas import Canvas

ARROW_LENGTH, PROFILE_LENGTH = 0.085, 0.16  # of the fastest, in visible heights
SLOWEST = 0.03  # of the fastest: below it an arrow is a dot
SPACING, PROFILE_SPACING = 0.04, 0.024  # visible heights between arrows
Seeds = tuple[Float[np.ndarray, "seeds 3"], Float[np.ndarray, "seeds 3"]]
LINE_LENGTH = 0.6  # visible heights, each way
LINE_RADIUS = 0.0009  # visible heights


def add_arrows(canvas: Canvas) -> None:
    """Velocity in the perivascular space, a sparse set of arrows, length and colour by speed."""
    fastest = canvas.ranges["speed"][1]
    points, velocity = _on_plane(canvas) if canvas.view.plane is not None else _mid_gap(canvas)
    speed = np.linalg.norm(velocity, axis=1)
    moving = speed > SLOWEST * fastest
    close = canvas.view.plane is not None
    length, tip = (PROFILE_LENGTH, 0.08) if close else (ARROW_LENGTH, 0.13)
    if not moving.any():
        return
    direction = velocity[moving] / fastest
    starts = canvas.scaled(points[moving])
    if canvas.view.plane is not None:  # those that lead into the plane end on it
        starts -= np.where(direction @ canvas.view.plane[1] < 0, length, 0.0)[:, None] * direction
    cloud = pyvista.PolyData(starts)
    cloud["direction"] = direction
    cloud["speed"] = speed[moving]
    arrow = pyvista.Arrow(tip_length=0.34, tip_radius=tip, shaft_radius=0.4 * tip)
    canvas.plotter.add_mesh(
        cloud.glyph(orient="direction", scale="direction", factor=length, geom=arrow),
        scalars="speed",
        clim=canvas.ranges["speed"],
        cmap=palette.SPEED.colour_map(),
        show_scalar_bar=False,
        ambient=0.6,
        diffuse=0.5,
    )


def add_streamlines(canvas: Canvas) -> None:
    """Lines along the velocity through points spread over the perivascular space."""
    fields = canvas.fields
    if not canvas.preset.streamlines or not fields.pvs.any():
        return
    fastest = canvas.ranges["speed"][1]
    seeds = _spread(canvas)
    if not len(seeds):
        return
    space = canvas.grid(fields.cells[fields.pvs])
    space["direction"] = fields.vector("velocity") / fastest
    lines = space.streamlines_from_source(
        pyvista.PolyData(canvas.scaled(fields.points[seeds])),
        vectors="direction",
        integration_direction="both",
        initial_step_length=0.3,
        max_step_length=0.5,
        max_length=LINE_LENGTH,
        terminal_speed=0.25 * SLOWEST,
        compute_vorticity=False,
    )
    tubes = lines.tube(radius=LINE_RADIUS, n_sides=8) if lines.n_lines else lines
    if "speed" not in tubes.point_data:  # nothing moves
        return
    canvas.plotter.add_mesh(
        tubes,
        scalars="speed",
        clim=canvas.ranges["speed"],
        cmap=palette.SPEED.colour_map(),
        show_scalar_bar=False,
        ambient=0.55,
        diffuse=0.55,
    )


def _spread(canvas: Canvas) -> Int[np.ndarray, " seeds"]:
    """Moving perivascular points near mid gap, evenly taken, the same in every frame."""
    fields = canvas.fields
    inside = np.unique(fields.cells[fields.pvs])
    fraction = fields.data.get("fraction", np.full(len(fields.points), 0.5))[inside]
    middle = inside[np.abs(fraction - 0.5) < 0.3]
    chosen = np.random.default_rng(0).permutation(len(middle))[: canvas.preset.streamlines]
    return middle[chosen]


def _mid_gap(canvas: Canvas) -> Seeds:
    """Points and velocities in mid gap and in sight, m and m/s."""
    seeds = cutaway.arrow_seeds(canvas.fields, canvas.level, SPACING * canvas.view.height)
    return canvas.fields.points[seeds], canvas.fields.vector("velocity")[seeds]


def _on_plane(canvas: Canvas) -> Seeds:
    """Points and velocities all over a close-up's plane, so that arrows are the flow's profile."""
    fields = canvas.fields
    edges, weight = cutaway.section(fields.cells[fields.pvs], canvas.level)
    points = cutaway.at_corners(fields.points, edges, weight).mean(axis=1)
    velocity = cutaway.at_corners(fields.vector("velocity"), edges, weight).mean(axis=1)
    assert canvas.view.plane is not None
    near = np.linalg.norm(points - canvas.view.plane[0], axis=1) < canvas.view.reach
    points, velocity = points[near], velocity[near]
    order = np.argsort(-np.linalg.norm(velocity, axis=1), kind="stable")
    kept = order[cutaway.apart(points[order], PROFILE_SPACING * canvas.view.height)]
    return points[kept], velocity[kept]
