"""How fluid moves: Stokes in the PVS, Darcy in the tissue, the endfoot sheath between."""

from solver.flow.brinkman import OpenPvs, Pvs, filling
from solver.flow.darcy import Tissue
from solver.flow.ends import Closed, Open, Resistance, Sink, Windkessel
from solver.flow.inertia import Quasisteady, Unsteady
from solver.flow.outer_wall import Prescribed, Rigid, Spring
from solver.flow.plan import plan
from solver.flow.sheath import Sheath
from solver.flow.solve import Flow, solve
from solver.flow.stokes_darcy import StokesDarcy
from solver.flow.waveform import Oscillation, Trace
from solver.geometry.material import Directional, FromMesh

__all__ = [
    "Closed",
    "Directional",
    "Flow",
    "FromMesh",
    "Open",
    "OpenPvs",
    "Oscillation",
    "Prescribed",
    "Pvs",
    "Quasisteady",
    "Resistance",
    "Rigid",
    "Sheath",
    "Sink",
    "Spring",
    "StokesDarcy",
    "Tissue",
    "Trace",
    "Unsteady",
    "Windkessel",
    "filling",
    "plan",
    "solve",
]
