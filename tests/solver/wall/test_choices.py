"""The choices of `conf/wall`: each builds a wall, and says what papers or records say."""

from functools import cache
from pathlib import Path

import hydra
import jax
import numpy as np
import pytest

from scripts.mistakes import check
from solver.signal.states import STATES
from solver.wall import FirstOrder, Gamma, Hill, Myogenic, Proportional, Tanh, Vasomotion
from solver.wall.response import Wall

CONF = Path(__file__).parents[3] / "conf"
PARTS = [
    f"wall/{room}={path.stem}"
    for room in ("kernel", "curve", "profile", "bands")
    for path in sorted((CONF / "wall" / room).glob("*.yaml"))
]
CHOICES = [
    *PARTS,
    *(f"wall=myogenic {part}" for part in PARTS if "/profile" in part or "/bands" in part),
    "wall=caa wall/kernel=gamma",  # of a law made from another one
]
TABLE = {  # Bojarskaite 2023 statistics, peak to peak (um) and period (s), in the order of STATES
    "very_low": ((0.200, 0.460, 0.398, 0.189, 0.145), (4.23, 4.75, 4.73, 5.28, 5.04)),
    "low": ((0.133, 0.240, 0.224, 0.083, 0.108), (1.88, 2.02, 2.06, 1.77, 1.73)),
    "cardiac": ((0.0720, 0.0755, 0.0695, 0.0612, 0.0754), (0.110, 0.113, 0.112, 0.093, 0.093)),
    "respiratory": ((0.0400, 0.0319, 0.0373, 0.0465, 0.0365), (0.314, 0.329, 0.363, 0.434, 0.337)),
}
LUMEN = (5.77, 5.94, 6.37, 7.67, 5.64)


@cache
def built(*overrides: str) -> Wall:
    """The wall of the configuration with some overrides."""
    with hydra.initialize_config_dir(str(CONF), version_base=None):
        config = hydra.compose("config", list(overrides))
    check(config, config)
    return hydra.utils.instantiate(config.wall, _convert_="all")


@pytest.mark.parametrize("choice", CHOICES)
def test_every_part_builds_with_every_law_that_has_it(choice):
    assert isinstance(built(*choice.split()), Vasomotion | Myogenic)


@pytest.mark.parametrize(
    ("part", "default"),
    [
        ("kernel=first_order", FirstOrder()),
        ("kernel=gamma", Gamma()),
        ("curve=proportional", Proportional()),
        ("curve=tanh", Tanh()),
        ("curve=hill", Hill()),
    ],
)
def test_parts_say_what_their_records_say(part, default):
    room = part.partition("=")[0]
    chosen = getattr(built(f"wall/{part}"), room)
    assert type(chosen) is type(default)
    assert jax.tree.leaves(chosen) == jax.tree.leaves(default)


def test_the_myogenic_vessel_is_that_of_its_record():
    assert jax.tree.leaves(built("wall=myogenic")) == jax.tree.leaves(Myogenic())


def test_bands_are_those_of_the_table():
    bands = built("wall/bands=bojarskaite").bands
    assert set(bands) == set(TABLE)
    for name, (peak_to_peak, period) in TABLE.items():
        expected = 0.5 * np.array(peak_to_peak) / np.array(LUMEN)
        np.testing.assert_allclose(bands[name].amplitudes(), expected, rtol=1e-14)
        np.testing.assert_array_equal([bands[name].period[state] for state in STATES], period)
        assert bands[name].drive == ("active" if "low" in name else "passive")
    slow = built("wall/bands=slow").bands
    assert {name: jax.tree.leaves(band) for name, band in slow.items()} == {
        name: jax.tree.leaves(bands[name]) for name in ("very_low", "low")
    }


@pytest.mark.parametrize(
    ("state", "active", "passive"), [("caa", 0.5, 1), ("stiff", 1, 2), ("enhanced", 1.5, 1)]
)
def test_states_of_health_are_factors(state, active, passive):
    ill, well = built(f"wall={state}"), built("wall=vasomotion")
    assert (ill.active, ill.passive) == (active * well.active, passive * well.passive)
    assert (ill.gain, ill.delay) == (well.gain, well.delay)
