"""How tracer moves: carried by the flow's own fluxes, spread, and exchanged at the sheath."""

from solver.tracer.initial import Plume, Stretch
from solver.tracer.injection import Bolus, Infusion
from solver.tracer.species import AdvectionDiffusion

__all__ = ["AdvectionDiffusion", "Bolus", "Infusion", "Plume", "Stretch"]
