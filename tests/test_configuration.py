"""Every configuration composes, builds, and says where its numbers come from."""

import copy
import dataclasses
import re
from functools import cache
from pathlib import Path

import hydra
import jax
import numpy as np
import pytest
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from meshes.block import Box, Krogh
from meshes.errors import InputError
from meshes.samples.grow import RATIO
from meshes.shape import Eccentric, Elliptic
from scripts.geometry import READY
from scripts.mistakes import PROPERTIES, check, explain, known_keys
from solver.flow import Resistance, StokesDarcy

CONF = Path(__file__).parents[1] / "conf"
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
CHOICES = [
    f"{path.parent.name}={path.stem}"
    for room in (
        *("mesh", "signal", "wall", "flow", "tracer"),
        *("route", "rates", "observe", "output", "machine"),
    )
    for path in sorted((CONF / room).glob("*.yaml"))
]
INSTRUMENTS = sorted(path.stem for path in (CONF / "observe/instrument").glob("*.yaml"))
ENDS = ("inlet", "distal", "venous_outlet", "venous_distal", "outer")
PLACES = [f"flow/end@flow.{name}" for name in ENDS] + [
    f"flow/{part}" for part in ("outer_wall", "inertia", "pvs", "sheath", "tissue")
]
PARTS = [
    f"{place}={path.stem}"
    for place in PLACES
    for path in sorted((CONF / place.partition("@")[0]).glob("*.yaml"))
]
MISSING = {  # what must be given with a choice
    "flow/tissue=by_region": ["flow.tissue.permeability={grey: 1e-16, white: 5e-15}"],
}
RECORD_DEFAULTS = (  # choices that say what the record says by default
    *("open", "closed", "resistance", "windkessel", "sink", "rigid", "spring", "prescribed"),
    *("quasisteady", "unsteady", "endfeet", "uniform"),
)
NUMBER = re.compile(r":\s*(-?\.inf|[-+]?\d[\d.]*(?:[eE][-+]?\d+)?)\s*(#|$)")
SOURCE = re.compile(r"\[(R|C|choice)\]|\d{4}|physics\.md|grow\.py|of NREM|Ours")


@cache
def compose(*overrides: str) -> DictConfig:
    """The configuration of pvs-simulate with some overrides."""
    with hydra.initialize_config_dir(str(CONF), version_base=None):
        return hydra.compose("config", list(overrides))


def given(key: str, value: object) -> DictConfig:
    """The default configuration with one value put in."""
    config = copy.deepcopy(compose())
    OmegaConf.update(config, key, value, merge=False)
    return config


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_experiment_composes_and_builds(experiment: str) -> None:
    config = compose(f"experiment={experiment}")
    for room in ("signal", "wall", "flow", "tracer", "route", "rates"):
        built = hydra.utils.instantiate(config[room], _convert_="all")
        assert type(built).__module__.startswith(f"solver.{room}")
    assert config.run.until >= config.run.step > 0


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_composes_alone(choice: str) -> None:
    config = compose("~experiment", choice)
    OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
    if not choice.endswith("=recorded"):
        check(config, config)


def test_default_is_nrem() -> None:
    assert compose() == compose("experiment=nrem")
    assert compose().run.until * compose().signal.frequency == pytest.approx(6)


def test_mesh_of_the_configuration_is_the_ready_one() -> None:
    mesh = compose().mesh
    assert {name: mesh[name] for name in READY} == READY
    assert f"without any {RATIO}" in (CONF / "mesh/sample_or_file.yaml").read_text()


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


@pytest.mark.parametrize("choice", PARTS)
def test_every_part_of_the_flow_composes_and_builds(choice: str) -> None:
    config = compose(choice, *MISSING.get(choice, []))
    check(config, compose(choice))
    built = hydra.utils.instantiate(config.flow, _convert_="all")
    assert isinstance(built, StokesDarcy)
    key = choice.partition("=")[0].rpartition("@")[2].rpartition("/")[2].removeprefix("flow.")
    chosen, defaults = getattr(built, key), type(getattr(built, key))()
    if choice.partition("=")[2] in RECORD_DEFAULTS:
        assert jax.tree.leaves(chosen) == jax.tree.leaves(defaults)


@pytest.mark.parametrize(
    ("choice", "made"),
    [
        ("mesh/tissue=box mesh.tissue.margin=5e-5", Box(margin=50e-6)),
        (
            "mesh/tissue=box mesh.tissue.low=[0,0,0] mesh.tissue.high=[1,2,3]",
            Box(low=(0, 0, 0), high=(1, 2, 3)),
        ),
        ("mesh/tissue=krogh", Krogh(100e-6)),
        ("mesh/shape=eccentric", Eccentric(0.5, (0, 0, 1))),
        ("mesh/shape=elliptic", Elliptic(1.5, (0, 0, 1))),
    ],
)
def test_shapes_of_sheath_and_tissue_compose(choice: str, made: object) -> None:
    group, *values = choice.split()
    config = compose(group, *values)
    check(config, compose(group))
    room, _, key = group.partition("=")[0].partition("/")
    built = hydra.utils.instantiate(config[room][key], _convert_="all")
    assert type(built) is type(made)
    for field in dataclasses.fields(built):
        assert np.array_equal(getattr(built, field.name), getattr(made, field.name))


def test_what_a_choice_leaves_open_must_be_given() -> None:
    with pytest.raises(InputError, match=r"flow\.tissue\.permeability is not given"):
        check(compose("flow/tissue=by_region"), compose("flow/tissue=by_region"))


@pytest.mark.parametrize("outer", ["firing", "optogenetic", "sleep", "zolpidem"])
@pytest.mark.parametrize("inner", ["norepinephrine", "infraslow", "quiet", "zolpidem", "sleep"])
def test_signals_are_made_of_signals(outer: str, inner: str) -> None:
    chosen = [f"signal={outer}", f"signal/oscillation={inner}"]
    config = compose("~experiment", *chosen)
    check(config, config)
    built = hydra.utils.instantiate(config.signal, _convert_="all")
    alone = hydra.utils.instantiate(compose("~experiment", f"signal={inner}").signal)
    assert type(built.oscillation) is type(alone)
    said = type(built)(oscillation=built.oscillation)
    assert all(map(np.array_equal, jax.tree.leaves(built), jax.tree.leaves(said)))


@pytest.mark.parametrize("end", ["open", "resistance", "windkessel", "sink"])
@pytest.mark.parametrize("waveform", ["oscillation", "trace"])
def test_every_end_takes_every_waveform(end: str, waveform: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("time,pressure\n0,1\n2,3\n", encoding="utf-8")
    name = "outer" if end == "sink" else "distal"
    chosen = [f"flow/end@flow.{name}={end}", f"flow/waveform@flow.{name}.pressure={waveform}"]
    path = [f"flow.{name}.pressure.path={tmp_path / 'p.csv'}"] if waveform == "trace" else []
    config = compose(*chosen, *path)
    check(config, compose(*chosen))
    built = getattr(hydra.utils.instantiate(config.flow, _convert_="all"), name)
    assert float(built.pressure(1.0)) == pytest.approx(2.0 if waveform == "trace" else 0.0)


def test_single_ends_can_be_chosen_by_name() -> None:
    config = compose("+flow/end@flow.ends.distal_2=resistance")
    check(config, config)
    check(config, compose())
    ends = hydra.utils.instantiate(config.flow, _convert_="all").ends
    assert isinstance(ends["distal_2"], Resistance)


@pytest.mark.parametrize("kind", INSTRUMENTS)
def test_every_instrument_composes_under_any_name(kind: str) -> None:
    chosen = f"+observe/instrument@observe.mine={kind}"
    needed = {"roi": {"centre": [0.0, 0.0, 0.0]}, "image": {"path": "scan.nii"}}.get(kind, {})
    config = compose(chosen, *(f"observe.mine.{key}={value}" for key, value in needed.items()))
    check(config, compose(chosen))
    check(config, config)
    built = hydra.utils.instantiate(config.observe, _convert_="all")["mine"]
    fresh = type(built)(**needed)
    for field in dataclasses.fields(built):
        assert field.name in config.observe.mine
        assert getattr(built, field.name) == getattr(fresh, field.name)


def test_an_instrument_must_be_there_before_its_numbers() -> None:
    with pytest.raises(HydraException) as caught:
        compose("observe.tip.noise=0.1")
    message = explain(caught.value, CONF, "config")
    assert "+observe/instrument@observe.tip=photometry" in message


def test_compartments_can_be_added_by_name() -> None:
    csf = "{_target_: solver.route.Compartment, volume: 1e-13, ends: [distal], into: outside}"
    config = compose("route=subarachnoid", f"+route.dura={csf}", "route.subarachnoid.renewal=10")
    check(config, compose("route=subarachnoid"))
    built = hydra.utils.instantiate(config.route, _convert_="all")
    assert built.compartments["dura"].ends == ("distal",)
    assert built.compartments["subarachnoid"].renewal == 10
    with pytest.raises(InputError, match=r"route\.subarachnoid\.volume is 'big'; give a number"):
        check(
            compose("route=subarachnoid", "route.subarachnoid.volume=big"),
            compose("route=subarachnoid"),
        )


BY_REGION = {"grey": 1e-16, "white": 5e-15}
COMPONENT = {"_target_": "solver.flow.FromMesh", "field": "k"}


@pytest.mark.parametrize("key", PROPERTIES)
def test_properties_may_be_numbers_mappings_or_components(key: str) -> None:
    check(given(key, 0.5), compose())
    config = compose(f"{key}={{grey: 1e-16, white: 5e-15}}")
    check(config, compose())
    room, _, rest = key.partition(".")
    built = hydra.utils.instantiate(config[room], _convert_="all")
    for name in rest.split("."):
        built = getattr(built, name)
    assert built == BY_REGION
    check(given(key, COMPONENT), compose())
    for wrong in ("high", None, True, [1], {}, float("nan")):
        with pytest.raises(InputError, match=f"{re.escape(key)} is .* or one for each region"):
            check(given(key, wrong), compose())
    with pytest.raises(InputError, match=f"{re.escape(key)}.grey is 'high'; give a number"):
        check(given(key, {"grey": "high"}), compose())


@pytest.mark.parametrize("key", ["flow.viscosity", "flow.sheath.slip", "tracer.diffusivity"])
def test_other_numbers_stay_numbers(key: str) -> None:
    for wrong in ({"grey": 1.0}, COMPONENT, "thick"):
        with pytest.raises(InputError, match=f"{re.escape(key)} is .*; give a number"):
            check(given(key, wrong), compose())


def test_a_pressure_may_be_a_component_but_no_word() -> None:
    wave = {"_target_": "solver.flow.Oscillation", "amplitude": 2.0}
    check(given("flow.inlet.pressure", wave), compose())
    with pytest.raises(InputError, match=r"flow\.inlet\.pressure is 'high'; give a number"):
        check(given("flow.inlet.pressure", "high"), compose())
    chosen = compose("flow/waveform@flow.inlet.pressure=oscillation")
    wrong = compose(
        "flow/waveform@flow.inlet.pressure=oscillation", "flow.inlet.pressure.frequency=fast"
    )
    with pytest.raises(InputError, match=r"pressure\.frequency is 'fast'; give a number"):
        check(wrong, chosen)


def test_every_key_knows_the_choice_it_belongs_to() -> None:
    keys = known_keys(CONF, "config")
    assert keys["flow.outer_wall.modulus"] == ["flow/outer_wall=spring"]
    assert keys["flow.sheath.slip"] == keys["flow.viscosity"] == keys["mesh.path"] == []
    assert keys["signal.path"] == ["signal=recorded"]
    assert keys["signal.oscillation.path"] == ["signal/oscillation=recorded"]
    assert keys["signal/hypnogram"] == ["signal=sleep"]
    assert keys["signal/oscillation"] == [
        f"signal={choice}" for choice in ("firing", "optogenetic", "sleep", "zolpidem")
    ]
    assert "flow/end@flow.distal=windkessel" in keys["flow.distal.compliance"]
    assert "flow/waveform@flow.inlet.pressure=trace" in keys["flow.inlet.pressure.path"]


def test_the_ends_of_the_space_can_be_chosen() -> None:
    config = compose("flow/end@flow.distal=open", "flow.distal.pressure=-1.0")
    flow = hydra.utils.instantiate(config.flow)
    assert flow.distal.pressure == -1.0


@pytest.mark.parametrize("room", ["signal", "wall", "flow", "tracer", "route", "rates"])
def test_configuration_and_records_agree(room: str) -> None:
    """What a script gets without a configuration is what the configuration says."""
    built = hydra.utils.instantiate(compose()[room], _convert_="all")
    assert jax.tree.leaves(built) == jax.tree.leaves(type(built)())
    for field in dataclasses.fields(built):
        assert field.name in compose()[room]
        if field.metadata.get("static") and field.name in compose()[room]:
            assert getattr(built, field.name) == getattr(type(built)(), field.name)
