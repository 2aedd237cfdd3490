"""The problem that a configuration composes: models ready to run, what is free, what was seen."""

from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf

from meshes.mesh import Mesh
from solver.estimate import Estimate, check_fits, estimate
from solver.fit.parameters import free
from solver.fit.problem import Problem
from solver.fit.several import Several
from solver.simulate import prepare
from solver.state import Model, Prepared

from .command import ROOMS, build
from .geometry import choose_mesh
from .instruments import choose_instruments
from .machine import available_memory_bytes, cores, on_device
from .observations import Series, placed
from .progress import Waiting

Run = tuple[Model, Prepared, dict[str, Any]]  # a model, prepared, and the looks of its instruments


def problem_of(
    animals: Mapping[str, DictConfig],
    given: Mapping[str, Any] | None,
    observed: Mapping[str, tuple[Series, ...]],
    shown: Waiting,
) -> Problem:
    """The model, or that of each animal, with what is free and what was observed, ready to run.

    Args:
        animals: configurations by animal; of one model alone by no name.
        given: what is free; None: nothing.
        observed: series by animal.
    """
    meshes: dict[str, Mesh] = {}
    runs = {name: _run(name, config, meshes, shown) for name, config in animals.items()}
    series = tuple(
        placed(one, name, runs[name][2]) for name, several in observed.items() for one in several
    )
    if "" in runs:
        model, prepared, looks = runs[""]
        return Problem(model, prepared, looks, () if given is None else free(model, given), series)
    several = Several({name: model for name, (model, _, _) in runs.items()})
    return Problem(
        model=several,
        prepared={name: prepared for name, (_, prepared, _) in runs.items()},
        looks={name: looks for name, (_, _, looks) in runs.items()},
        free=free(several, given or {}),
        observed=series,
    )


def _run(name: str, config: DictConfig, meshes: dict[str, Mesh], shown: Waiting) -> Run:
    """One model, prepared; animals on one mesh hold the same one, and so share what is compiled."""
    whose = f" {name}" if name else ""
    shown.stage(f"meshing{whose}")
    asked = OmegaConf.to_yaml(config.mesh, resolve=True)
    if asked not in meshes:
        meshes[asked] = choose_mesh(config.mesh, shown.stage)
    model = Model(meshes[asked], **{room: build(config, room) for room in ROOMS})
    cost = _cost(config, model)
    check_fits(cost, available_memory_bytes(), device=on_device())
    shown.stage(f"preparing{whose}: {cost.words()}, once with derivatives")
    prepared = prepare(model, config.run.until, config.run.step)
    instruments = choose_instruments(config, model, prepared)
    return model, prepared, {key: each.look for key, each in instruments.items()}


def _cost(config: DictConfig, model: Model) -> Estimate:
    """Of one evaluation; of a fit or an experiment all derivatives at once, forward, are most."""
    steps = round(config.run.until / config.run.step) if config.run.step > 0 else 0
    forward = config.task in ("fit", "experiment")
    return estimate(
        model.mesh,
        model.flow,
        steps,
        cores=cores(),
        device=on_device(),
        tangents=len(config.free or {}) if forward else 0,
        adjoint=not forward,
    )
