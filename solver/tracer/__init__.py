"""How tracer moves: carried by the flow's own fluxes, spread, and exchanged at the sheath."""

from solver.tracer.species import AdvectionDiffusion

__all__ = ["AdvectionDiffusion"]
