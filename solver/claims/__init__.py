"""Claims about the chain from norepinephrine to clearance: experiments that can fail, weighed."""

from solver.claims.check import Apart, Check, Level, Locking, Ratio, Spread, Trend
from solver.claims.claim import FAILS, HOLDS, UNKNOWN, Claim, Finding, judge
from solver.claims.outcome import MEASURES, OBSERVABLES, Outcome, measure

__all__ = [
    "FAILS",
    "HOLDS",
    "MEASURES",
    "OBSERVABLES",
    "UNKNOWN",
    "Apart",
    "Check",
    "Claim",
    "Finding",
    "Level",
    "Locking",
    "Outcome",
    "Ratio",
    "Spread",
    "Trend",
    "judge",
    "measure",
]
