"""Regions of interest: how much tracer a part of the mesh, a ball or a box holds.

    tracer_m3         tracer in the region, as the volume of fluid from the mouth that holds as much
    concentration_1   that over the fluid in the region: the mean concentration of its fluid

A ball or a box is cut out at rest and moves with the fluid's mesh. Lengths in metres.
"""

import math

import numpy as np
from jaxtyping import Bool

from meshes.errors import InputError
from solver.geometry.material import Material
from solver.geometry.space import Space
from solver.observe.instrument import Point, Readings, Ready, blind, micrometres, on_device, point
from solver.observe.sensitivity import Law, Places, Seen, Sensitivity, sensitivity
from solver.record import record, static
from solver.state import Model, Prepared, State

Cells = Bool[np.ndarray, " cells"] | bool


@record
class RegionLook:
    """Tracer and mean concentration of one view."""

    view: Sensitivity

    def __call__(self, state: State, prepared: Prepared) -> Readings:
        """`tracer_m3` and `concentration_1`."""
        del prepared
        tracer, fluid = self.view.tracer(state)[0], self.view.fluid(state)[0]
        return {"tracer_m3": tracer, "concentration_1": tracer / fluid}


@record
class RegionMean:
    """A region by name.

    Attributes:
        region: `pvs`, `arterial_pvs`, `venous_pvs`, `tissue`, `all`, or a name that the mesh file
            gives to a part.
        tracer: name of one of several tracers; None for the first.
    """

    region: str = static(default="tissue")
    tracer: str | None = static(default=None)

    def prepare(self, name: str, model: Model, prepared: Prepared) -> Ready:
        """Find its cells. Raises `InputError` where the mesh has none of that name."""
        space = prepared.space
        pvs, tissue = named_cells(f"observe.{name}.region", self.region, space)

        def everywhere(places: Places) -> Seen:
            return np.zeros(len(places), dtype=np.int64), np.ones(len(places))

        law = Law(everywhere, resolution=math.inf)
        view = sensitivity(law, model, space, pvs=pvs, tissue=tissue, tracer=self.tracer)
        return Ready(on_device(RegionLook(view)), f"mean over {self.region}")


@record
class Roi:
    """A ball (`radius`) or a box (`size`) about a centre.

    Attributes:
        centre: m.
        radius: m, of a ball; None for a box.
        size: m, edges of a box; None for a ball.
        region: which part of the mesh is looked at within; names as in `RegionMean`.
        tracer: name of one of several tracers; None for the first.
    """

    centre: Point
    radius: float | None = None
    size: Point | None = None
    region: str = static(default="all")
    tracer: str | None = static(default=None)

    def prepare(self, name: str, model: Model, prepared: Prepared) -> Ready:
        """Cut it out. Raises `InputError` for a shape that is none, or that holds nothing."""
        key, space = f"observe.{name}", prepared.space
        centre = point(f"{key}.centre", self.centre)
        pvs, tissue = named_cells(f"{key}.region", self.region, space)
        if (self.radius is None) == (self.size is None):
            raise InputError(
                f"{key}: give either {key}.radius, of a ball, or {key}.size, edges of a box"
            )
        half = (
            np.full(3, self.radius) if self.size is None else 0.5 * point(f"{key}.size", self.size)
        )
        if not (half > 0).all():
            raise InputError(f"{key}: radius and size must be above zero, in metres")

        def inside(places: Places) -> Seen:
            scaled = np.abs(places - centre) / half
            held = (scaled**2).sum(axis=1) < 1 if self.size is None else (scaled < 1).all(axis=1)
            return np.where(held, 0, -1), np.ones(len(places))

        law = Law(inside, resolution=float(half.min()), whole=True)
        view = sensitivity(law, model, space, pvs=pvs, tissue=tissue, tracer=self.tracer)
        what = "ball" if self.size is None else "box"
        words = f"{what} at {micrometres(centre)}, {self.region}"
        if view.blind:
            raise blind(name, f"the {words}", space, f"{key}.centre or its size")
        return Ready(on_device(RegionLook(view)), words)


def named_cells(key: str, region: str, space: Space) -> tuple[Cells, Cells]:
    """Which PVS cells and which tissue cells belong to a region.

    Raises:
        InputError: the mesh has none of that name.
    """
    fluid, solid = space.fluid_material, space.tissue_material
    arterial = np.asarray(space.arterial)[np.asarray(space.fluid.cells)[0]] > 0
    tissue = np.full(solid.part.shape[0], True)
    choices: dict[str, tuple[Cells, Cells]] = {
        "all": (True, True),
        "pvs": (True, False),
        "arterial_pvs": (arterial, False),
        "venous_pvs": (~arterial, False),
        "tissue": (False, tissue),
    }
    for part in fluid.parts:
        choices.setdefault(part, (_part(fluid, part), _part(solid, part)))
    there = [name for name, cells in choices.items() if any(np.any(part) for part in cells)]
    if region not in there:
        raise InputError(f"{key} is {region!r}; {fluid.name} has {', '.join(there)}")
    return choices[region]


def _part(material: Material, name: str) -> Bool[np.ndarray, " cells"]:
    where = material.parts.index(name) if name in material.parts else -1
    return np.asarray(material.part) == where
