"""Names, bounds and priors: what may be freed, and what is refused in one sentence."""

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from solver.fit.free import Lognormal, Normal, free_number
from solver.fit.parameters import free, freeable, put


@pytest.mark.parametrize(
    ("given", "scale"),
    [
        ({"start": 3.0}, "above"),
        ({"start": -3.0}, "anywhere"),
        ({"start": 3.0, "low": -1.0, "high": 4.0}, "between"),
        ({"start": 3.0, "low": 1.0, "high": 1e4}, "decades"),
    ],
)
def test_coordinates_go_there_and_back_and_stay_between_bounds(given, scale):
    each = free_number("x", 1.0, given)
    assert each.scale == scale
    assert float(each.value(each.coordinate(3.0))) == pytest.approx(3.0, rel=1e-14) or scale == (
        "anywhere"
    )
    values = np.asarray(each.value(jnp.linspace(-20.0, 20.0, 9)))
    assert (np.diff(values) > 0).all()
    assert (values >= each.low).all() and (values <= each.high).all()


def test_numbers_are_put_where_their_names_say(model):
    moved = put(model, {"wall.kernel.time_constant": 7.0, "flow.tissue.storage": 2e-4})
    assert moved.wall.kernel.time_constant == 7.0
    assert moved.flow.tissue.storage == 2e-4
    assert {k: v for k, v in freeable(moved).items() if freeable(model)[k] != v} == {
        "wall.kernel.time_constant": 7.0,
        "flow.tissue.storage": 2e-4,
    }


def test_numbers_by_region_have_names_of_their_own(model):
    by_region = put(model, {"flow.tissue.permeability": {"grey": 1e-16, "white": 5e-15}})
    assert freeable(by_region)["flow.tissue.permeability.white"] == 5e-15


def test_priors_measure_in_standard_deviations():
    assert float(Normal(2.0, 0.5).residual(3.0)) == 2.0
    assert float(Lognormal(1e-16, 3.0).residual(9e-16)) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("name", "what", "message"),
    [
        ("wall.gian", {}, r"no number is called 'wall.gian'; did you mean wall\.gain"),
        ("tissue.permeability", {}, r"did you mean flow\.tissue\.permeability"),
        ("wall", {}, r"free: wall is made of several; name one of wall\.gain"),
        ("wall.spacing", {}, r"wall\.spacing is a choice made before anything is compiled"),
        ("wall.gain", 0.1, r"free\.wall\.gain is 0\.1; give bounds"),
        ("wall.gain", {"lower": 0.1}, r"free\.wall\.gain: no key 'lower'"),
        ("wall.gain", {"low": "a"}, r"free\.wall\.gain\.low is 'a'; give a number"),
        ("wall.gain", {"low": 0.2, "high": 0.3}, r"would start at 0\.08, not between"),
        ("wall.gain", {"high": 0.3, "start": -1.0}, r"high = 0\.3 alone"),
        ("wall.gain", {"prior": {"mean": 1.0}}, r"give \{mean, deviation\} or"),
        (
            "wall.gain",
            {"low": 0.02, "high": 0.3, "prior": {"mean": 0.5, "deviation": 0.1}},
            r"free\.wall\.gain\.prior lies at 0\.5, outside the bounds 0\.02 to 0\.3",
        ),
    ],
)
def test_mistakes_are_told_with_the_remedy(model, name, what, message):
    with pytest.raises(InputError, match=message):
        free(model, {name: what})


def test_nothing_free_is_refused(model):
    with pytest.raises(InputError, match="no parameter is free"):
        free(model, {})


def test_an_infinite_number_needs_a_start(model):
    with pytest.raises(InputError, match=r"wall\.speed is inf; give free\.wall\.speed\.start"):
        free(put(model, {"wall.speed": float("inf")}), {"wall.speed": {}})


def test_a_trace_is_no_single_number(model):
    traced = put(model, {"tracer.mouth": jnp.zeros(5)})
    with pytest.raises(InputError, match=r"tracer\.mouth holds 5 values; a fit frees single"):
        free(traced, {"tracer.mouth": {}})
