"""Every configuration composes, builds, and says where its numbers come from."""

import dataclasses
import re
from pathlib import Path

import hydra
import jax
import pytest
from omegaconf import DictConfig, OmegaConf

from meshes.samples.grow import RATIO
from scripts.geometry import READY
from scripts.mistakes import check

CONF = Path(__file__).parents[1] / "conf"
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
CHOICES = [
    f"{path.parent.name}={path.stem}"
    for room in ("mesh", "signal", "wall", "flow", "tracer", "output", "machine")
    for path in sorted((CONF / room).glob("*.yaml"))
]
NUMBER = re.compile(r":\s*(-?\.inf|[-+]?\d[\d.]*(?:[eE][-+]?\d+)?)\s*(#|$)")
SOURCE = re.compile(r"\[(R|C|choice)\]|\d{4}|physics\.md|grow\.py|of NREM|Ours")


def compose(*overrides: str) -> DictConfig:
    """The configuration of pvs-simulate with some overrides."""
    with hydra.initialize_config_dir(str(CONF), version_base=None):
        return hydra.compose("config", list(overrides))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_experiment_composes_and_builds(experiment: str) -> None:
    config = compose(f"experiment={experiment}")
    for room in ("signal", "wall", "flow", "tracer"):
        built = hydra.utils.instantiate(config[room], _convert_="all")
        assert type(built).__module__.startswith(f"solver.{room}")
    assert config.run.until >= config.run.step > 0


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_composes_alone(choice: str) -> None:
    config = compose("~experiment", choice)
    OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
    if choice != "signal=recorded":
        check(config, config)


def test_default_is_nrem() -> None:
    assert compose() == compose("experiment=nrem")
    assert compose().run.until * compose().signal.frequency == pytest.approx(6)


def test_mesh_of_the_configuration_is_the_ready_one() -> None:
    mesh = compose().mesh
    assert {name: mesh[name] for name in READY} == READY
    assert f"without either {RATIO}" in (CONF / "mesh/sample_or_file.yaml").read_text()


@pytest.mark.parametrize("path", sorted(CONF.rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_number_has_unit_and_source(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.lstrip().startswith("#") or not NUMBER.search(line):
            continue
        said = line.partition("#")[2]
        for below in lines[number + 1 :]:
            if not below.lstrip().startswith("#"):
                break
            said += below
        assert said.strip(), f"{path.name}:{number + 1} has no comment: {line}"
        assert SOURCE.search(said), f"{path.name}:{number + 1} names no source: {line}"


def test_the_ends_of_the_space_can_be_chosen() -> None:
    config = compose("flow/end@flow.distal=open", "flow.distal.pressure=-1.0")
    flow = hydra.utils.instantiate(config.flow)
    assert flow.distal.pressure == -1.0


@pytest.mark.parametrize("room", ["signal", "wall", "flow", "tracer"])
def test_configuration_and_records_agree(room: str) -> None:
    """What a script gets without a configuration is what the configuration says."""
    built = hydra.utils.instantiate(compose()[room], _convert_="all")
    assert jax.tree.leaves(built) == jax.tree.leaves(type(built)())
    for field in dataclasses.fields(built):
        assert field.name in compose()[room]
        if field.metadata.get("static") and field.name in compose()[room]:
            assert getattr(built, field.name) == getattr(type(built)(), field.name)
