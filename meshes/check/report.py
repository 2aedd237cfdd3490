"""What a check found, as records and as a table."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]
Place = tuple[float, float, float]


@dataclass(frozen=True)
class Row:
    """One measured thing.

    Attributes:
        name: what was measured.
        value: in `unit`; a count where there is none.
        unit: of the value.
        bound: what the value is held against, as `>= 6`; empty if it is only told.
        verdict: `warn` where results suffer, `fail` where the solver cannot run.
        place: where it is worst, in words.
        where: the same place, m; None if it has none.
    """

    name: str
    value: float
    unit: str = ""
    bound: str = ""
    verdict: Verdict = "ok"
    place: str = ""
    where: Place | None = None


@dataclass(frozen=True)
class Report:
    """What `check` found."""

    name: str
    rows: tuple[Row, ...]

    @property
    def failed(self) -> bool:
        """Whether some row says the mesh cannot be used."""
        return any(row.verdict == "fail" for row in self.rows)

    @property
    def worst(self) -> tuple[Row, ...]:
        """Rows with a place, those that fail first, then those that warn, then what is in order."""
        order = ("fail", "warn", "ok")
        placed = [row for row in self.rows if row.where is not None and row.bound]
        return tuple(sorted(placed, key=lambda row: order.index(row.verdict)))

    def row(self, name: str) -> Row:
        """The row of this name.

        Raises:
            KeyError: there is none.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def table(self) -> str:
        """Plain text, one row a line."""
        width = max(len(row.name) for row in self.rows)
        lines = [
            f"{row.name:<{width}}  {number(row.value):>11} {row.unit:<7} {row.bound:<9} "
            f"{row.verdict:<4}  {row.place}"
            for row in self.rows
        ]
        head = f"{'':<{width}}  {'value':>11} {'unit':<7} {'bound':<9} {'':<4}  worst place"
        return "\n".join([self.name, head, *(line.rstrip() for line in lines)])


def number(value: float) -> str:
    """A number in few letters."""
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e9 else f"{value:.5g}"
