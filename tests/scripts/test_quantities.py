"""Quantities with units become SI at the door; what is no size is refused with the remedy."""

from pathlib import Path

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from meshes.errors import InputError
from scripts import command, mesh, simulate
from scripts.command import CONF
from scripts.quantities import SIZES, _in_si, settle, units_of
from scripts.quoting import quoted


def compose(*overrides: str, config: str = "config") -> DictConfig:
    with initialize_config_dir(str(CONF), version_base=None):
        return hydra_compose(config, [quoted(word) for word in overrides])


GIVEN = {
    "mesh.gap=50 um": 50e-6,
    "mesh.gap=3µm": 3e-6,
    "mesh.tissue=0.1 mm": 1e-4,
    "signal.frequency=0.02 Hz": 0.02,
    "signal.frequency=1.2 1/min": 0.02,
    "signal.phase=90 degrees": 1.5707963267948966,
    "flow.inlet.pressure=4 mmHg": 4 * 133.322387415,
    "flow.viscosity=0.7 mPa s": 0.7e-3,
    "flow.viscosity=0.7 mPa*s": 0.7e-3,
    "wall.speed=50 um/s": 50e-6,
    "flow.tissue.permeability=1e-17 m^2": 1e-17,
    "flow.tissue.permeability=1e-17 m2": 1e-17,
    "flow.tissue.permeability=0.01 nm²": 1e-20,
    "flow.sheath.conductance=0.1 nm/(Pa s)": 1e-10,
    "flow.gradient=0.01 Pa/mm": 10.0,
    "tracer.porosity=20 %": 0.2,
    "tracer.diffusivity=140 um^2/s": 1.4e-10,
    "run.until=5 min": 300.0,
    "output.checkpoint_every=2 min": 120.0,
    "wall.gain=0.1": 0.1,
    "mesh.gap=null": None,
}


@pytest.mark.parametrize("word", GIVEN)
def test_what_is_typed_becomes_si(word: str) -> None:
    config = compose(word)
    settle(config, CONF)
    found, meant = OmegaConf.select(config, word.partition("=")[0]), GIVEN[word]
    assert found == (None if meant is None else pytest.approx(meant, rel=1e-9, abs=0.0))


def test_decimals_are_exact() -> None:
    config = compose("mesh.gap=50 um", "run.step=100 ms")
    settle(config, CONF)
    assert (config.mesh.gap, config.run.step) == (5e-05, 0.1)


def test_places_lists_and_regions_have_units_too() -> None:
    config = compose(
        "+observe/instrument@observe.ball=roi",
        "observe.ball.centre=[20 um,0,2e-5]",
        "observe.ball.radius=10 um",
        "flow.tissue.permeability={grey: 100 nm^2, white: 5e-15}".replace("^", ""),
        "+flow/end@flow.ends.distal_2=windkessel",
        "flow.ends.distal_2.pressure=1 mmHg",
        "+tracer@tracers.amyloid=amyloid_beta",
        "tracers.amyloid.diffusivity=60 um2/s",
    )
    settle(config, CONF)
    assert config.observe.ball.centre == [2e-5, 0, 2e-5] and config.observe.ball.radius == 1e-5
    assert config.flow.tissue.permeability == {"grey": pytest.approx(1e-16), "white": 5e-15}
    assert config.flow.ends.distal_2.pressure == pytest.approx(133.322387415)
    assert config.tracers.amyloid.diffusivity == pytest.approx(6e-11)


def test_bounds_of_a_fit_have_the_unit_of_what_is_free() -> None:
    free = "{wall.delay: {low: 500 ms, prior: {mean: 2 s}}, flow.inlet.pressure: {high: 1 mmHg}}"
    config = compose(f"free={free}", "data.path=d.csv", "data.sees=x", config="fit")
    settle(config, CONF)
    assert config.free["wall.delay"] == {"low": 0.5, "prior": {"mean": 2.0}}
    assert config.free["flow.inlet.pressure"].high == pytest.approx(133.322387415)


def test_bounds_of_one_animal_have_the_unit_of_what_is_free_for_it() -> None:
    animals = "{m1: {data.path: m1.csv}, m2: {data.path: m2.csv}}"
    free = "{m1.wall.delay: {low: 500 ms}, m2.wall.delay: {prior: {mean: 2 s}}}"
    config = compose(f"animals={animals}", f"free={free}", "data.sees=x", config="fit")
    settle(config, CONF)
    assert config.free["m1.wall.delay"].low == 0.5
    assert config.free["m2.wall.delay"].prior.mean == 2.0
    with pytest.raises(InputError, match=r"m1\.wall\.delay\.low"):
        settle(compose("animals={m1: {}}", "free={m1.wall.delay: {low: 5 um}}", config="fit"), CONF)


REFUSED = {
    "mesh.gap=3 mmHg": "mesh.gap is '3 mmHg', which is no number of m; write .* mesh.gap='3 um'",
    "mesh.gap=3": "mesh.gap is 3 m, outside of 1e-09 to 1 m; .* mesh.gap='3 um'",
    "mesh.gap=3 parrots": "there is no unit 'parrots'; write a number of m",
    "mesh.gap=3 um um um/": "cannot be read",
    "signal.frequency=50 s": "signal.frequency is '50 s', which is no number of Hz",
    "flow.tissue.permeability=1e-17 m": "no number of m2; .*'1e-17 m.2'",
    "flow.viscosity=0.7": None,
    "flow.viscosity=700": "flow.viscosity is 700 Pa s, outside of",
    "tracer.porosity=20 um": "which is no number of no unit",
}


@pytest.mark.parametrize("word", REFUSED)
def test_what_is_no_size_is_refused(word: str) -> None:
    config, message = compose(word), REFUSED[word]
    if message is None:
        return settle(config, CONF)
    with pytest.raises(InputError, match=message):
        settle(config, CONF)
    return None


@pytest.mark.parametrize("main", [simulate.main, mesh.main])
def test_the_door_of_every_command(
    main: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["mesh.gap=1e-17 m^2"]) == command.BAD_INPUT
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "mesh.gap is '1e-17 m^2', which is no number of m" in said[0]
    assert not list(tmp_path.iterdir())


def test_every_physical_number_of_the_configuration_has_a_unit() -> None:
    """Defaults lie inside the ranges, and each unit in the comments is one that is read."""
    table = units_of(CONF)
    assert table["solver.flow.Sheath", "conductance"] == "m/(Pa s)"
    assert table["", "mesh.gap"] == table["", "mesh.clean.merge"] == "m"
    assert table["solver.signal.draw_bouts", "means.wake"] == "s"
    assert set(SIZES) <= set(table.values())
    for path in sorted((CONF / "experiment").glob("*.yaml")):
        settle(compose(f"experiment={path.stem}", "observe=every"), CONF)
    for group in ("signal", "wall", "route", "tracer"):
        for path in sorted((CONF / group).glob("*.yaml")):
            settle(compose(f"{group}={path.stem}"), CONF)
    for unit in set(table.values()):
        assert _in_si("key", f"2 {unit}", unit, unit) == 2.0
