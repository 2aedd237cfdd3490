"""Several runs together: sweep.csv with every number of their summaries, sweep.md, a figure.

`python -m glymphax.scripts.sweep <folder>` collects again, also while runs are still going.
"""

import csv
import io
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from meshes.errors import InputError
from solver.render.findings import plot_claim
from solver.store import SUMMARY

from .outcomes import NAME, Outcome, outcomes_in

TABLE, WORDS, FIGURE = "sweep.csv", "sweep.md", "figures/sweep.png"
SHOWN = {  # what the short table and the figure hold: words, unit, SI value of the unit
    "peak_velocity_m_per_s": ("peak velocity", "um/s", 1e-6),
    "exchange_volume_per_cycle_m3": ("exchange per cycle", "pL", 1e-15),
    "tracer_tissue_m3": ("tracer in the tissue", "pL", 1e-15),
}
MISSING = "-"

Row = dict[str, Any]


def collect(folder: Path) -> str:
    """Write the tables and the figure of a sweep; return the short table.

    Raises:
        InputError: if no run has ended there.
    """
    outcomes = outcomes_in(folder)
    if not outcomes:
        raise InputError(f"{folder}: no run has left its {NAME} there; give the folder of a sweep")
    varied = _varied(outcomes)
    rows = {
        name: {"run": name, "ended": outcome.last_line, **varied[name]} | _numbers(folder / name)
        for name, outcome in outcomes.items()
    }
    (folder / TABLE).write_text(_csv(rows.values()), encoding="utf-8")
    short = _short(rows, varied)
    (folder / WORDS).write_text(short + "\n", encoding="utf-8")
    _draw(folder, rows, varied)
    return f"{short}\n\n{folder / TABLE}"


def _varied(outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, str]]:
    """Of every run the overrides in which the runs differ."""
    pairs = {
        name: dict(word.partition("=")[::2] for word in outcome.overrides)
        for name, outcome in outcomes.items()
    }
    keys = list(dict.fromkeys(key for given in pairs.values() for key in given))
    differ = [key for key in keys if len({given.get(key) for given in pairs.values()}) > 1]
    return {name: {key: given.get(key, MISSING) for key in differ} for name, given in pairs.items()}


def _numbers(folder: Path) -> Row:
    """Numbers, words and truth values of a run's summary; nothing of a run that left none."""
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: value for name, value in summary.items() if not isinstance(value, dict | list)}


def _csv(rows: Sequence[Row] | Any) -> str:
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _short(rows: Mapping[str, Row], varied: Mapping[str, Mapping[str, str]]) -> str:
    """A markdown table: the overrides that differ, a few numbers, how each run ended."""
    keys = list(next(iter(varied.values())))
    heads = ["run", *keys, *(f"{words} ({unit})" for words, unit, _ in SHOWN.values()), "ended"]
    body = [
        [name, *(row[key] for key in keys), *(_told(row, key) for key in SHOWN), row["ended"]]
        for name, row in rows.items()
    ]
    cells = [heads, *body]
    widths = [max(len(str(row[place])) for row in cells) for place in range(len(heads))]
    lines = [
        "| "
        + " | ".join(f"{cell!s:<{width}}" for cell, width in zip(row, widths, strict=True))
        + " |"
        for row in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _told(row: Row, key: str) -> str:
    value = _value(row, key)
    return MISSING if math.isnan(value) else f"{value:.4g}"


def _value(row: Row, key: str) -> float:
    """In the unit shown; NaN where the run did not give it."""
    value = row.get(key)
    return value / SHOWN[key][2] if isinstance(value, int | float) else math.nan


def _draw(folder: Path, rows: Mapping[str, Row], varied: Mapping[str, Mapping[str, str]]) -> None:
    """A bar for every run that left numbers, in each of the quantities shown."""
    named = {
        name: ", ".join(f"{key.split('.')[-1]}={value}" for key, value in varied[name].items())
        or name
        for name, row in rows.items()
        if any(not math.isnan(_value(row, key)) for key in SHOWN)
    }
    if named:
        shown = {
            f"{words} ({unit})": {
                f"{name}: {label}": (_value(rows[name], key), ()) for name, label in named.items()
            }
            for key, (words, unit, _) in SHOWN.items()
        }
        plot_claim(f"{len(named)} of {len(rows)} runs in {folder.name}", shown, folder / FIGURE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Collect the sweep in the folder given."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if len(given) != 1:
            raise InputError("give the folder of one sweep")
        print(collect(Path(given[0])))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
