"""A run on one HTML page: what it was asked, what came of it, and whether it can be believed.

Everything is in the page: pictures, numbers, configuration and, with plotly (extra `page`), the
scene that turns. Pictures of the folder are put in as they are. Whatever an unfinished run has not
written is left out, and said.
"""

import base64
import html
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from meshes.errors import InputError
from solver.observe.clearance import litres, words
from solver.render.observed import plot_observed
from solver.render.pages import scene_html
from solver.render.plots import plot_signals
from solver.render.save import save_text
from solver.render.spectra import plot_solves, plot_spectra
from solver.store import RunFiles, read_run

NAME = "report.html"
STILLS = ("scene", "overview", "cross_section")  # pictures that pvs-render may have left
SCENE_HEIGHT = "640px"
STYLE = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,sans-serif;color:#151b26;background:#fff;margin:0}
main{max-width:68rem;margin:0 auto;padding:2rem 1.5rem 5rem}
h1{font-size:2rem;margin:.2em 0}h2{font-size:1.25rem;margin:2.4em 0 .6em}
.lead{color:#566176}.warning{background:#fff4e0;border-left:4px solid #d19a3d;padding:.7em 1em}
table{border-collapse:collapse;width:100%}
td,th{padding:.3em .8em .3em 0;border-bottom:1px solid #e4e8ee;text-align:left;vertical-align:top}
td:last-child{font-variant-numeric:tabular-nums}th{width:40%;font-weight:500}
img{max-width:100%;display:block;margin:1em 0}
.scene{background:#060912;margin:1em calc(50% - min(50vw - 1.5rem,46rem))}
pre{background:#f5f7fa;padding:1em;overflow:auto;font-size:.85rem}
nav a{margin-right:1.2em;color:#145a86}
"""
NUMBERS = (  # of summary.json, in words, with the size of the shown unit
    ("end_time_s", "time simulated", "s", 1.0),
    ("period_s", "period of the oscillation", "s", 1.0),
    ("peak_velocity_m_per_s", "largest velocity in the perivascular space", "µm/s", 1e-6),
    ("peak_mean_mouth_velocity_m_per_s", "largest mean velocity over the mouth", "µm/s", 1e-6),
    ("exchange_volume_per_cycle_m3", "fluid exchanged per cycle", "m3", 1.0),
    ("exchange_share_of_pvs", "as a share of the perivascular space", "%", 1e-2),
    ("blood_csf_correlation", "correlation of blood and CSF volume", "", 1.0),
    ("tracer_pvs_m3", "tracer in the perivascular space", "m3", 1.0),
    ("tracer_tissue_m3", "tracer in the tissue", "m3", 1.0),
)
TRUST = (
    ("converged", "every solve converged", "", 1.0),
    ("complete", "the run reached its end", "", 1.0),
    ("fluid_volume_imbalance", "fluid volume out of balance, relative", "", 1.0),
    ("tracer_mass_imbalance", "tracer out of balance, relative", "", 1.0),
    ("krylov_iterations_mean", "Krylov iterations a step, mean", "", 1.0),
    ("wall_clock_s", "computed in", "s", 1.0),
    ("mesh", "mesh", "", 1.0),
    ("mesh_points", "its points", "", 1.0),
    ("mesh_notes", "what was changed in it", "", 1.0),
    ("glymphax_version", "version of glymphax", "", 1.0),
    ("jax_version", "version of jax", "", 1.0),
)


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: of the part.
        body: HTML.
    """

    title: str
    body: str


def report(run_folder: str | Path, output_html: str | Path | None = None) -> Path:
    """Write the report of a run, `report.html` in its folder unless told otherwise.

    Raises:
        InputError: the folder is no run, or the page cannot be written.
    """
    run = read_run(run_folder)
    sections = [*_sections(run)]
    links = "".join(f'<a href="#{number}">{each.title}</a>' for number, each in enumerate(sections))
    parts = "".join(
        f'<section id="{number}"><h2>{each.title}</h2>{each.body}</section>'
        for number, each in enumerate(sections)
    )
    name = html.escape(run.folder.resolve().name)
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{STYLE}</style></head><body><main>"
        f'<p class="lead">Glymphax, report of a run</p><h1>{name}</h1>{_state(run)}'
        f"<nav>{links}</nav>{parts}</main></body></html>\n"
    )
    return save_text(text, Path(output_html) if output_html else run.folder / NAME)


def _sections(run: RunFiles) -> Iterator[Section]:
    """What there is to show, in the order in which a reader asks."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "figure.png"
        if run.fields:
            yield Section("The scene", _turning(run) + _drawn(run, STILLS))
        if run.summary:
            yield Section("In numbers", _table(run, NUMBERS))
        if len(run.signals.get("time_s", ())):
            plot_signals(run.folder, place)
            yield Section("Signals", _image(place, "signals of the run in time"))
            if plot_spectra(run.folder, place):
                yield Section("Spectra", _image(place, "spectra of signals"))
        if run.summary:
            told = f"<p>{html.escape(words(run.summary))}</p>"
            yield Section("Clearance", told + _drawn(run, ("clearance",)))
        if plot_observed(run.folder, place):
            yield Section("What instruments saw", _image(place, "what instruments saw"))
        if run.summary:
            body = _table(run, TRUST)
            if plot_solves(run.folder, place):
                body += _image(place, "iterations of every step")
            yield Section("Balances and solves", body)
        if run.config:
            told = yaml.safe_dump(run.config, sort_keys=False, allow_unicode=True)
            yield Section("Configuration", f"<pre>{html.escape(told)}</pre>")


def _turning(run: RunFiles) -> str:
    """The scene that turns, or why there is none."""
    try:
        return f'<div class="scene">{scene_html(run.folder, height=SCENE_HEIGHT)}</div>'
    except InputError as error:
        return f'<p class="warning">{html.escape(str(error))}</p>'


def _drawn(run: RunFiles, names: tuple[str, ...]) -> str:
    """Pictures that stand in the folder of the run."""
    paths = (run.folder / "figures" / f"{name}.png" for name in names)
    return "".join(_image(path, path.stem.replace("_", " ")) for path in paths if path.is_file())


def _state(run: RunFiles) -> str:
    """What a reader must know first: that a run is not finished, or not to be believed."""
    if not run.summary:
        return '<p class="warning">This run has written no summary: it is not finished.</p>'
    if run.summary.get("converged") is False:
        return '<p class="warning">A solve did not converge: believe none of the numbers.</p>'
    if run.summary.get("complete") is False:
        return '<p class="warning">This run was stopped before its end.</p>'
    return ""


def _table(run: RunFiles, rows: tuple[tuple[str, str, str, float], ...]) -> str:
    lines = (
        f"<tr><th>{word}</th><td>{html.escape(_shown(run.summary[name], unit, size))}</td></tr>"
        for name, word, unit, size in rows
        if name in run.summary
    )
    return f"<table>{''.join(lines)}</table>"


def _shown(value: object, unit: str, size: float) -> str:
    """A number as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "not known"
    if not isinstance(value, int | float):
        return str(value)
    return litres(value) if unit == "m3" else f"{value / size:.4g} {unit}".strip()


def _image(path: Path, words: str) -> str:
    """A picture inside the page."""
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{html.escape(words)}" src="data:image/png;base64,{data}">'
