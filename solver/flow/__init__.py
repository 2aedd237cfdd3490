"""How fluid moves: Stokes in the PVS, Darcy in the tissue, the endfoot sheath between."""

from solver.flow.darcy import Tissue
from solver.flow.ends import Closed, Open
from solver.flow.plan import plan
from solver.flow.sheath import Sheath
from solver.flow.solve import Flow, solve
from solver.flow.stokes_darcy import StokesDarcy

__all__ = ["Closed", "Flow", "Open", "Sheath", "StokesDarcy", "Tissue", "plan", "solve"]
