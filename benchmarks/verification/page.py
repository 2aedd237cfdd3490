"""The page: a section a problem, with its table and its figure."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from solver.render import palette
from solver.render.save import save_figure, save_text

from .problem import Found

COLOURS = (palette.FLUID, palette.WALL, palette.SOLID, palette.NOREPINEPHRINE)
NAME = "verification.md"
HEAD = """# Verification

The solver against solutions that are known exactly: each section names the problem, the errors on
finer and finer meshes, and the order that two meshes show, log2(coarse error / fine error) where
the mesh is halved. Errors are relative; of fields they are root mean squares over the volume. This
page is written by

```
{command}
```

from a checkout with the extra `test` ({seconds:.0f} s of processor time, much of it compiling;
glymphax {version}, double precision). The problems are the objects of `tests/exact`;
`tests/verification` asserts their orders whenever the tests run, and more than is shown here:
inertia, lumped ends, soft walls, fibres, grained tissue, two vessels, derivatives. Claims about
sleep and clearance are another matter: [findings.md](findings.md).
"""


def write_page(folder: Path, found: Sequence[Found], command: str, version: str) -> Path:
    """Write verification.md and the figures beside it."""
    told = HEAD.format(
        command=command,
        seconds=sum(one.seconds for one in found),
        version=version,
    )
    sections = [_section(one, _draw(one, folder)) for one in found]
    return save_text("\n".join([told, _overview(found), *sections]), folder / NAME)


def _overview(found: Sequence[Found]) -> str:
    """The finest mesh of every problem."""
    lines = ["| | problem | measure | error on the finest mesh | order |", "|---|---|---|---|---|"]
    for one in found:
        for name, errors in one.errors.items():
            told = _order(one.orders(name)[-1] if one.problem.order else None)
            link = f"[{one.problem.name}](#{_anchor(one)})"
            lines.append(f"| {link} | {one.problem.title} | {name} | {errors[-1]:.1e} | {told} |")
    return "\n".join([*lines, ""])


def _section(one: Found, figure: Path) -> str:
    """Title, words, table, figure."""
    problem, names = one.problem, list(one.errors)
    ordered = problem.order is not None
    heads = [problem.size]
    for name in names:
        heads += [name, "order"] if ordered else [name]
    rows = []
    for place, level in enumerate(problem.levels):
        row = [str(level)]
        for name in names:
            row.append(f"{one.errors[name][place]:.2e}")
            row += [_order(one.orders(name)[place])] if ordered else []
        rows.append(row)
    table = [heads, ["---"] * len(heads), *rows]
    lines = [
        f"## {problem.name}: {problem.title}",
        problem.words,
        "\n".join("| " + " | ".join(row) + " |" for row in table),
        f"![Errors of {problem.name} by {problem.size}]({figure.parent.name}/{figure.name})",
        *([problem.remark] if problem.remark else []),
    ]
    return "\n\n".join(lines) + "\n"


def _draw(one: Found, folder: Path) -> Path:
    """Errors over the level, both logarithmic, with the order that the scheme is to have."""
    problem = one.problem
    figure = Figure(figsize=(5.4, 3.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    levels = np.array(problem.levels, dtype=float)
    for (name, errors), colour in zip(one.errors.items(), COLOURS, strict=False):
        axes.loglog(levels, errors, "o-", color=colour, label=name, linewidth=1.4, markersize=4)
    if problem.order is not None:
        top = max(errors[0] for errors in one.errors.values())
        slope = 1.6 * top * (levels / levels[0]) ** -problem.order
        axes.loglog(levels, slope, "--", color=palette.FAINT, label=f"order {problem.order:g}")
    axes.set_xticks(levels, [str(level) for level in problem.levels])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(problem.size)
    axes.set_ylabel("relative error")
    axes.set_title(f"{problem.name}: {problem.title}", fontsize=9, loc="left")
    axes.grid(which="major", color="#e4e8ee", linewidth=0.7)
    axes.legend(fontsize=7, frameon=False)
    return save_figure(figure, folder / "verification" / f"{_anchor(one).split('-')[0]}.png")


def _order(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _anchor(one: Found) -> str:
    """As GitHub makes it of the section's heading."""
    heading = f"{one.problem.name}: {one.problem.title}".lower()
    return "".join(letter for letter in heading if letter.isalnum() or letter in " -").replace(
        " ", "-"
    )
