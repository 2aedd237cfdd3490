"""What pvs-render draws: pictures, films and pages, each from a run's folder."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from meshes.errors import InputError
from solver.render import (
    FilmReport,
    PictureReport,
    Preset,
    film,
    mesh_picture,
    page,
    picture,
    show,
)
from solver.render.films import check_suffix
from solver.store import read_run

from .command import DONE, UNUSABLE, build
from .figures import draw_figures

KINDS = ("png", "gif", "mp4", "html")
FIGURES, COMPARE, MESH = "figures", "compare", "mesh"  # presets that need or take something else


def render_run(config: DictConfig, here: Path) -> int:
    """Draw what `conf/render.yaml` names."""
    del here
    _check(config)
    if config.render.name == FIGURES:
        return _again(config)
    preset: Preset = build(config, "render")
    asked: dict[str, Any] = {
        "theme": config.theme,
        "ranges": {name: tuple(ends) for name, ends in config.ranges.items() if ends is not None},
        "against": config.against,
    }
    if config.interactive:
        show(config.run, preset=preset, time=config.time, size=tuple(config.pixels), **asked)
        return DONE
    for kind, path in _places(config, preset):
        told = _draw(kind, path, config, preset, asked)
        if isinstance(told, PictureReport | FilmReport) and told.message:
            print(told.message, file=sys.stderr)
        print(path)
    return DONE


def _draw(
    kind: str, path: Path, config: DictConfig, preset: Preset, asked: dict[str, Any]
) -> PictureReport | FilmReport | Path:
    """Draw one file."""
    size = tuple(config.pixels)
    if kind == "html":
        if config.against:
            raise InputError("a page shows one run; leave html out of as, or against out")
        return page(config.run, path, preset=preset, theme=config.theme, ranges=asked["ranges"])
    if kind != "png":
        told = config.film
        return film(
            config.run,
            path,
            preset=preset,
            frames=told.frames,
            rate=told.rate,
            since=told.since,
            until=told.until,
            size=tuple(told.pixels),
            **asked,
        )
    if preset.name == MESH:
        cells = Path(config.run) if Path(config.run).suffix == ".vtu" else _first(config.run)
        return mesh_picture(cells, path, size=size, dpi=config.dpi, theme=config.theme)
    return picture(
        config.run, path, preset=preset, time=config.time, size=size, dpi=config.dpi, **asked
    )


def _again(config: DictConfig) -> int:
    """Draw `figures/` and the report of a run again."""
    run = read_run(str(config.run))
    drawn = draw_figures(run.folder, config.time)
    for path in (*sorted((run.folder / "figures").glob("*.png")), run.folder / "report.html"):
        print(path)
    return DONE if drawn else UNUSABLE


def _places(config: DictConfig, preset: Preset) -> Iterator[tuple[str, Path]]:
    """What is drawn, and where it goes."""
    run = Path(config.run)
    beside = run.parent if run.suffix == ".vtu" else run / "figures"
    folder = Path(config.into) if config.into else beside
    kinds = [config["as"]] if isinstance(config["as"], str) else list(config["as"])
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(f"as holds {kind!r}; choose of {', '.join(KINDS)}")
        if kind in ("gif", "mp4"):
            check_suffix(folder / f"{preset.name}.{kind}")
    for kind in kinds:
        yield kind, folder / f"{preset.name}.{kind}"


def _first(run: str) -> Path:
    """The first field of a run."""
    found = read_run(run).fields
    if not found:
        raise InputError(f"{run}: no fields in it; give the .vtu file of a mesh")
    return found[0]


def _check(config: DictConfig) -> None:
    """Refuse what no preset can draw.

    Raises:
        InputError: naming the key.
    """
    if config.time is not None and not isinstance(config.time, int | float):
        raise InputError(f"time is {config.time!r}; give a number of seconds")
    for key, ends in config.ranges.items():
        if ends is not None and (isinstance(ends, int | float | str) or len(ends) != 2):
            raise InputError(f"ranges.{key} is {ends!r}; give [lowest, highest]")
    for key, size in (("pixels", config.pixels), ("film.pixels", config.film.pixels)):
        if len(size) != 2 or any(not isinstance(side, int) or side < 1 for side in size):
            raise InputError(f"{key} is {list(size)}; give [width, height]")
    if (config.render.name == COMPARE) != (config.against is not None):
        raise InputError(
            "render=compare and against=<folder of a second run> belong together; add the other one"
        )
