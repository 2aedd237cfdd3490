"""Which of the wall's bands a run's steps show, and what the faster ones do, averaged."""

from solver.rates.choice import Averaged, Resolved

__all__ = ["Averaged", "Resolved"]
