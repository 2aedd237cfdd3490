"""The physics of the flow as a record of parameters: PVS, sheath, tissue and ends."""

from jaxtyping import Array, Float

from solver.flow.darcy import Tissue
from solver.flow.ends import Closed, End, Open
from solver.flow.sheath import Sheath
from solver.geometry.space import Space
from solver.record import record, static


@record
class StokesDarcy:
    """Stokes in the PVS, Darcy with storage in the tissue, the endfoot sheath between.

    Attributes:
        viscosity: of cerebrospinal fluid, Pa s.
        sheath, tissue: materials.
        inlet, distal: what happens at the mouth and at the far ends.
        outer: what happens on the tissue's outer faces.
        stabilisation: pressure stabilisation c, dimensionless, .12 to .25.
        tolerance: of the Krylov solve, relative, in the preconditioner's norm.
        limit: most Krylov iterations of a solve.
        memory: solutions remembered for warm starts; one vasomotion cycle is best.
    """

    viscosity: float | Float[Array, ""] = 0.7e-3
    sheath: Sheath = Sheath()
    tissue: Tissue = Tissue()
    inlet: End = Open()
    distal: End = Closed()
    outer: End = Closed()
    stabilisation: float = static(default=0.2)
    tolerance: float = static(default=1e-6)
    limit: int = static(default=400)
    memory: int = static(default=25)


def end_kinds(flow: StokesDarcy, space: Space) -> dict[str, End]:
    """The condition at each named end of a space."""
    return {
        name: flow.inlet if name.startswith("inlet") else flow.distal for name in space.end_names
    }
