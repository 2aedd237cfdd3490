"""Checks: a number taken from outcomes, held against a bound that the configuration gives.

A check that `must` hold decides by itself; those that are a `reading` are different observables of
one thing, which have to agree; `evidence` that fails says that the rest is true by construction.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import spearmanr

from meshes.errors import InputError
from solver.claims.outcome import Outcome, measure

Outcomes = Mapping[str, Outcome]
Role = Literal["must", "reading", "evidence"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """What every check has.

    Attributes:
        what: in words, the number it takes.
        why: where the bounds come from.
        at_least, at_most: bounds; None for none.
        role: see the module.
        unit: of the number.
    """

    what: str
    why: str
    at_least: float | None = None
    at_most: float | None = None
    role: Role = "must"
    unit: str = "1"

    def __post_init__(self) -> None:
        """Refuse a check that nothing could fail."""
        if self.at_least is None and self.at_most is None:
            raise InputError(f"the check {self.what!r} has no bound; give at_least or at_most")

    def value(self, outcomes: Outcomes) -> float:
        """The number; NaN where the outcomes cannot give it."""
        raise NotImplementedError

    @property
    def needs(self) -> tuple[str, ...]:
        """Experiments it looks at."""
        raise NotImplementedError

    def bound(self) -> str:
        """The bounds in words."""
        words = ("at least", self.at_least), ("at most", self.at_most)
        return " and ".join(f"{word} {value:g}" for word, value in words if value is not None)

    def of(self, outcomes: Outcomes) -> "Checked":
        """Take the number and hold it against the bounds."""
        found = self.value(outcomes)
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        holds = None if math.isnan(found) else low <= found <= high
        return Checked(self, found, holds)


@dataclass(frozen=True)
class Checked:
    """A check and what it found; `holds` is None where the number could not be had."""

    check: Check
    value: float
    holds: bool | None

    def words(self) -> str:
        """What was found, and what was asked."""
        if self.holds is None:
            return f"{self.check.what} cannot be had from these runs"
        found = number(self.value, self.check.unit)
        return f"{self.check.what} is {found}, {self.check.bound()} asked"


@dataclass(frozen=True, kw_only=True)
class Level(Check):
    """A measure of one experiment."""

    measure: str
    of_experiment: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Its experiment."""
        return (self.of_experiment,)

    def value(self, outcomes: Outcomes) -> float:
        """The measure."""
        return measure(outcomes[self.of_experiment], self.measure)


@dataclass(frozen=True, kw_only=True)
class Ratio(Check):
    """A measure of one experiment over that of another, less that of a third in both."""

    measure: str
    of_experiment: str
    over: str
    less: str | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Its experiments."""
        return tuple(filter(None, (self.of_experiment, self.over, self.less)))

    def value(self, outcomes: Outcomes) -> float:
        """(of - less) / (over - less); NaN where the denominator is 0."""
        base = measure(outcomes[self.less], self.measure) if self.less else 0.0
        over = measure(outcomes[self.over], self.measure) - base
        found = measure(outcomes[self.of_experiment], self.measure) - base
        return found / over if over != 0.0 else math.nan


@dataclass(frozen=True, kw_only=True)
class Trend(Check):
    """Spearman's rank correlation of a measure with the order of experiments: 1 where it rises."""

    measure: str
    along: Sequence[str]

    @property
    def needs(self) -> tuple[str, ...]:
        """Its experiments, in order."""
        return tuple(self.along)

    def value(self, outcomes: Outcomes) -> float:
        """The rank correlation."""
        found = [measure(outcomes[name], self.measure) for name in self.along]
        if not np.all(np.isfinite(found)) or np.ptp(found) == 0.0:
            return math.nan
        correlation = float(spearmanr(range(len(found)), found).statistic)
        return round(correlation, 12)  # a ratio of whole numbers, so that 1 is 1 and not a bit less


@dataclass(frozen=True, kw_only=True)
class Spread(Trend):
    """How far a measure varies among some experiments: (max - min) / mean."""

    def value(self, outcomes: Outcomes) -> float:
        """The spread."""
        found = np.array([measure(outcomes[name], self.measure) for name in self.along])
        return float(np.ptp(found) / np.abs(found).mean()) if np.any(found) else math.nan


@dataclass(frozen=True, kw_only=True)
class Locking(Check):
    """How one column of an experiment follows another: correlation, its strength, or the lag."""

    first: str
    second: str
    of_experiment: str
    take: Literal["correlation", "strength", "lag"] = "correlation"

    @property
    def needs(self) -> tuple[str, ...]:
        """Its experiment."""
        return (self.of_experiment,)

    def value(self, outcomes: Outcomes) -> float:
        """Correlation, its size, or seconds."""
        seconds, found = outcomes[self.of_experiment].lag(self.first, self.second)
        return {"correlation": found, "strength": abs(found), "lag": seconds}[self.take]


@dataclass(frozen=True, kw_only=True)
class Apart(Check):
    """Largest difference of a column between two experiments, over its range in the first."""

    column: str
    of_experiment: str
    over: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Its experiments."""
        return self.of_experiment, self.over

    def value(self, outcomes: Outcomes) -> float:
        """The relative difference; NaN if the experiments have different times."""
        first, second = (outcomes[name].column(self.column) for name in self.needs)
        if len(first) != len(second) or np.ptp(first) == 0.0:
            return math.nan
        return float(np.abs(first - second).max() / np.ptp(first))


def number(value: float, unit: str) -> str:
    """A number as a reader wants it: a share as it is, SI in three digits."""
    if unit == "1":
        return f"{value:.3g}"
    return f"{value:.3g} {unit}"
