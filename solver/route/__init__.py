"""What lies beyond the ends of the space: where tracer and fluid come from and where they go."""

from solver.route.kinds import Compartment, Compartments, Inflow, Renewed, Route, joined

__all__ = ["Compartment", "Compartments", "Inflow", "Renewed", "Route", "joined"]
