"""The physics of the flow as a record of parameters: PVS, sheath, tissue and ends."""

from dataclasses import field
from typing import Literal

from jaxtyping import Array, Float

from solver.flow.brinkman import Filling, OpenPvs
from solver.flow.darcy import Tissue
from solver.flow.ends import Closed, End, Open, Outer
from solver.flow.inertia import Inertia, Quasisteady
from solver.flow.outer_wall import OuterWall, Rigid
from solver.flow.sheath import Sheath
from solver.geometry.space import Space
from solver.record import record, static

Coarse = Literal["columns", "vertices", "centreline"]
Precision = Literal["float64", "float32"]


@record
class StokesDarcy:
    """Stokes in the PVS, Darcy with storage in the tissue, the endfoot sheath between.

    Attributes:
        viscosity: of cerebrospinal fluid, Pa s.
        inertia: whether the fluid's mass counts.
        pvs: what fills the perivascular space.
        outer_wall: how the sheath moves.
        sheath, tissue: materials.
        inlet, distal: what happens at the arterial mouth and at the arteries' far ends.
        venous_outlet, venous_distal: the same for a venous PVS.
        ends: single ends by name (`distal_2`), over the four above.
        outer: what happens on the tissue's outer faces.
        gradient: static pressure gradient, Pa/m: pressures at the arteries' ends are lower by it
            times the path from the mouth.
        stabilisation: pressure stabilisation c, dimensionless, .12 to .25.
        tolerance: of the Krylov solve, relative, in the preconditioner's norm.
        derivative_tolerance: the same of tangents and adjoints; None: `tolerance`.
        limit: most Krylov iterations of a solve.
        memory: solutions remembered for warm starts; best are one more than a vasomotion cycle
            has steps, so that both neighbours of the same phase are among them.
        coarse: unknowns of the pressure network: wall-sheath columns, vertices, or slices of the
            centreline.
        precision: of the preconditioner; the answer is that of the tolerance in either.
    """

    viscosity: float | Float[Array, ""] = 0.7e-3
    inertia: Inertia = Quasisteady()
    pvs: Filling = OpenPvs()
    outer_wall: OuterWall = Rigid()
    sheath: Sheath = Sheath()
    tissue: Tissue = Tissue()
    inlet: End = Open()
    distal: End = Closed()
    venous_outlet: End = Open()
    venous_distal: End = Closed()
    ends: dict[str, End] = field(default_factory=dict)
    outer: Outer = Closed()
    gradient: float | Float[Array, ""] = 0.0
    stabilisation: float = static(default=0.2)
    tolerance: float = static(default=1e-6)
    derivative_tolerance: float | None = static(default=None)
    limit: int = static(default=400)
    memory: int = static(default=26)
    coarse: Coarse = static(default="columns")
    precision: Precision = static(default="float64")


def end_kinds(flow: StokesDarcy, space: Space) -> dict[str, End]:
    """The condition at each named end of a space."""
    usual = {
        "inlet": flow.inlet,
        "distal": flow.distal,
        "venous_outlet": flow.venous_outlet,
        "venous_distal": flow.venous_distal,
    }
    return {
        name: flow.ends.get(name, usual[name.rstrip("0123456789").rstrip("_")])
        for name in space.end_names
    }
