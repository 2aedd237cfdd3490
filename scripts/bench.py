"""Experiments of a report: composed from overrides, run once, kept, and found again.

An experiment is `pvs-simulate` with some overrides, and three words of a report's own:
`tube.<key>=<number>` changes the straight tube, `period=<s>` says of what rhythm, `<key>*=<factor>`
multiplies what stands there. Every run has a folder under `runs/` named by what it computes, so
that claims share runs and an interrupted report goes on.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from meshes.annulus import annulus
from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.write import write_mesh
from solver import store
from solver.claims import Outcome
from solver.simulate import Progress, prepare, simulate
from solver.state import Model

from . import mistakes
from .command import CONF, build
from .instruments import choose_instruments
from .origin import period, version
from .quantities import settle

ROOMS = ("signal", "wall", "flow", "tracer", "route")
TUBE, FACTOR, RHYTHM = "tube.", "*=", "period"
REFERENCE_PERIOD = 50.0  # s, of a run in which nothing oscillates: that of NREM


@dataclass(frozen=True, eq=False)
class Experiment:
    """A run to be made.

    Attributes:
        config: of `pvs-simulate`; `tube`: of the straight tube, None on a mesh of the user's.
        overrides: as `pvs-simulate` takes them.
        key: names what it computes.
        period: of its rhythm, s, where it was said.
    """

    config: DictConfig
    tube: Mapping[str, float] | None
    overrides: tuple[str, ...]
    key: str
    period: float | None = None

    @property
    def steps(self) -> int:
        """How many."""
        return round(self.config.run.until / self.config.run.step)


@dataclass
class Bench:
    """Where experiments are run.

    Attributes:
        folder: of the report.
        base: overrides of every experiment.
        tube: of `conf/tube`, with the cells of `conf/size`; None if `given` is used.
        given: a mesh of the user's.
    """

    folder: Path
    base: Sequence[str]
    tube: Mapping[str, float] | None
    given: Mesh | None = None
    stopped: bool = False
    failed: list[str] = field(default_factory=list)
    _meshes: dict[str, Mesh] = field(default_factory=dict)

    def experiment(self, *changes: Sequence[str]) -> Experiment:
        """Compose the base with changes, later ones over earlier ones.

        Raises:
            InputError: a mistake in an override, or a change of the tube on a mesh of the user's.
        """
        words = [word for part in (self.base, *changes) for word in part]
        shape = {} if self.tube is None else dict(self.tube)
        plain: dict[str, str] = {}
        factors: dict[str, float] = {}
        rhythm: float | None = None
        for word in words:
            key, _, value = word.partition("=")
            if key.startswith(TUBE):
                if self.tube is None:
                    raise InputError(f"{word} changes the straight tube, and the mesh is given")
                _change(shape, key.removeprefix(TUBE), float(value))
            elif key == RHYTHM:
                rhythm = float(value)
            elif FACTOR in word:
                factors[key.removesuffix("*")] = factors.get(key[:-1], 1.0) * float(value)
            else:
                plain[key] = word
        config, overrides = _composed(tuple(plain.values()), tuple(factors.items()))
        own = {room: config[room] for room in (*ROOMS, "observe", "run")}
        computed = {name: OmegaConf.to_container(part, resolve=True) for name, part in own.items()}
        mesh = shape or (self.given.name if self.given else "")
        told = json.dumps([computed, mesh, rhythm, version("glymphax")], sort_keys=True)
        key = hashlib.sha1(told.encode()).hexdigest()[:12]
        return Experiment(config, shape or None, overrides, key, rhythm)

    def kept(self, experiment: Experiment) -> Outcome | None:
        """The outcome if it was computed before."""
        place = self._place(experiment)
        if not (place / store.SUMMARY).is_file():
            return None
        run = store.read_run(place)
        return Outcome(run.signals, run.summary["period_s"], run.summary["converged"])

    def run(self, experiment: Experiment, on_step: Callable[[Progress], None]) -> None:
        """Compute and keep; of a run that is stopped or does not converge nothing is kept."""
        config = experiment.config
        rooms = {room: build(config, room) for room in ROOMS}
        model = Model(self.mesh(experiment), **rooms)
        prepared = prepare(model, config.run.until, config.run.step)
        instruments = choose_instruments(config, model, prepared)
        watch = {name: each.look for name, each in instruments.items()}
        found = simulate(model, prepared, watch=watch, on_step=on_step)
        if not found.complete:
            self.stopped |= found.converged
            self.failed += [] if found.converged else [experiment.key]
            return
        place = self._place(experiment)
        store.open_run(place)
        store.save_config(place, OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
        store.save_signals(place, {"time_s": found.times, **found.signals})
        summary = {
            "period_s": experiment.period or period(model) or REFERENCE_PERIOD,
            "converged": found.converged,
            "complete": found.complete,
            "fluid_volume_imbalance": found.fluid_volume_imbalance,
            "tracer_mass_imbalance": found.tracer_mass_imbalance,
        }
        store.save_summary(place, summary)

    def mesh(self, experiment: Experiment) -> Mesh:
        """The straight tube of an experiment, written where a user can run on it, or the given."""
        if experiment.tube is None:
            assert self.given is not None
            return self.given
        name = self.mesh_file(experiment)
        if name not in self._meshes:
            self._meshes[name] = _tube(experiment.tube)
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_mesh(self._meshes[name], self.folder / name)
        return self._meshes[name]

    def mesh_file(self, experiment: Experiment) -> str:
        """Of a tube, in the report's folder."""
        told = json.dumps(experiment.tube, sort_keys=True)
        return f"meshes/tube_{hashlib.sha1(told.encode()).hexdigest()[:6]}.vtu"

    def command(self, experiment: Experiment) -> str:
        """The experiment by itself, from the report's folder."""
        words = [f"'{word}'" if set(word) & set("[{*( ") else word for word in experiment.overrides]
        mesh = [f"mesh.path={self.mesh_file(experiment)}"] if experiment.tube else []
        return " ".join(["pvs-simulate", *mesh, *words])

    def _place(self, experiment: Experiment) -> Path:
        return self.folder / "runs" / experiment.key


def together(on_step: Callable[[Progress], None], total: int) -> Callable[[Progress], None]:
    """Count the steps of many runs as those of one, so that the time left is that of all."""
    done = 0

    def counted(progress: Progress) -> None:
        nonlocal done
        done += 1
        on_step(replace(progress, index=done, total=total))

    return counted


@cache
def _composed(
    overrides: tuple[str, ...], factors: tuple[tuple[str, float], ...]
) -> tuple[DictConfig, tuple[str, ...]]:
    """The configuration of `pvs-simulate`, and the overrides with factors worked out."""
    try:
        config = hydra.compose("config", list(overrides))
        settle(config, CONF)
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(mistakes.explain(error, CONF, "config")) from error
    for key, factor in factors:
        value: Any = OmegaConf.select(config, key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{key} is {value!r} and cannot be multiplied by {factor:g}")
        kept = tuple(word for word in overrides if not word.startswith(f"{key}="))
        overrides = (*kept, f"{key}={factor * value:g}")
    return _composed(overrides, ()) if factors else (config, overrides)


def _change(shape: dict[str, float], key: str, value: float) -> None:
    """Set a number of the tube, or multiply it."""
    name = key.removesuffix("*")
    shape[name] = shape[name] * value if key.endswith("*") else value


def _tube(shape: Mapping[str, float]) -> Mesh:
    """A straight Krogh tube."""
    return annulus(
        shape["inner"],
        shape["outer"],
        shape["length"],
        tissue_outer=shape["tissue"],
        across=int(shape["across"]),
        around=int(shape["around"]),
        along=int(shape["along"]),
        tissue_layers=int(shape["tissue_layers"]),
    )
