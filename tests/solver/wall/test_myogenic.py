"""Myogenic tone: its equilibrium, pressure against diameter, order in time, small signals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from meshes.errors import InputError
from solver.record import record
from solver.signal import Norepinephrine, Quiet
from solver.units import mmHg
from solver.wall import Myogenic

OMEGA = 2 * np.pi * 0.02
VESSEL = Myogenic()
diameters = jax.jit(jax.vmap(lambda vessel, p: vessel.diameter(p * mmHg), in_axes=(None, 0)))


@record
class Step(Quiet):
    """A sine of norepinephrine without an onset, which no smooth start hides errors of."""

    amplitude: float = 1.0

    def __call__(self, time):
        return self.amplitude * jnp.sin(OMEGA * time)


def rates(vessel, state, norepinephrine=0.0):
    """The equations of Carlson & Secomb 2005 as the module's docstring prints them, in numpy."""
    diameter, activation = state
    pressure = vessel.pressure / (100 * mmHg)
    passive = np.exp(vessel.passive * vessel.passive_steepness * (diameter - 1))
    shift = (diameter - vessel.active_peak) / vessel.active_width
    active = vessel.active * vessel.active_tension * np.exp(-(shift**2))
    aimed = 1 / (
        1
        + np.exp(
            vessel.tone - vessel.sensitivity * pressure * diameter - vessel.gain * norepinephrine
        )
    )
    widening = (pressure * diameter - passive - activation * active) / pressure
    return np.array(
        [
            widening / vessel.diameter_time,
            (aimed - activation) / vessel.activation_time,
        ]
    )


def linearised(vessel):
    """Diameter at rest, and the matrix and drive of the equations there, by differences."""
    rest = float(vessel.diameter())
    state = np.array([rest, float(vessel.activation(jnp.asarray(rest)))])
    small = 1e-6
    columns = [
        (rates(vessel, state + small * unit) - rates(vessel, state - small * unit)) / (2 * small)
        for unit in np.eye(2)
    ]
    driven = (rates(vessel, state, small) - rates(vessel, state, -small)) / (2 * small)
    return rest, np.stack(columns, axis=1), driven


@pytest.mark.parametrize("vessel", [VESSEL, Myogenic(active=0.5), Myogenic(passive=1.5)])
def test_rest_is_an_equilibrium(vessel):
    rest = np.asarray(vessel.diameter())
    activation = np.asarray(vessel.activation(rest))
    np.testing.assert_allclose(rates(vessel, (rest, activation)), 0.0, atol=1e-14)


def test_nothing_moves_at_the_norepinephrine_of_rest():
    response = VESSEL.response(Quiet(), until=100.0)
    low, high = response.bounds()
    np.testing.assert_allclose([low, high], 1.0, atol=1e-13)


def test_pressure_narrows_a_vessel_with_tone_and_widens_one_without():
    pressures = jnp.linspace(20.0, 120.0, 21)
    passive = np.asarray(diameters(Myogenic(active=0.0), pressures))
    toned = np.asarray(diameters(VESSEL, pressures))
    assert np.all(np.diff(passive) > 0)
    np.testing.assert_allclose(passive[16], 1.0, rtol=1e-12)  # at 100 mmHg, by definition
    range_of_tone = np.asarray(pressures) >= 35.0
    assert np.all(np.diff(toned[range_of_tone]) < 0)
    assert toned[-1] < 0.65 * toned[range_of_tone][0]
    assert np.all(toned < passive)


def test_more_norepinephrine_narrows():
    found = jax.vmap(lambda n: VESSEL.diameter(norepinephrine=n))(jnp.linspace(-1.0, 2.0, 13))
    assert np.all(np.diff(found) < 0)


def test_small_signals_have_gain_and_lag_of_the_linearised_equations():
    rest, matrix, driven = linearised(VESSEL)
    system = 1j * OMEGA * np.eye(2) - matrix
    transfer = -np.linalg.solve(system, driven)[0] / rest  # of narrowing
    response = VESSEL.response(Step(amplitude=1e-3), until=100.0)
    times = np.linspace(50.0, 100.0, 501)[:-1]
    narrowing = -np.asarray(response.answer(jnp.asarray(times))) / 1e-3
    found = 2j * np.mean(narrowing * np.exp(-1j * OMEGA * times))
    np.testing.assert_allclose(found, transfer, rtol=2e-4)


def test_the_rhythm_of_sleep_moves_it_as_the_configuration_says():
    response = VESSEL.response(Norepinephrine(), until=100.0)
    times = np.linspace(50.0, 100.0, 501)[:-1]
    narrowing = -np.asarray(response.answer(jnp.asarray(times)))
    found = 2j * np.mean(narrowing * np.exp(-1j * OMEGA * times))
    np.testing.assert_allclose(abs(found), 0.10, atol=2e-3)
    np.testing.assert_allclose(-np.angle(found) / OMEGA, 5.6, atol=0.05)


def test_the_order_in_time_is_two():
    first = VESSEL.diameter(norepinephrine=Step()(jnp.asarray(-20.0)))
    begin = np.array([float(first), float(VESSEL.activation(first, Step()(-20.0)))])
    exact = solve_ivp(
        lambda time, state: rates(VESSEL, state, np.sin(OMEGA * time)),
        (-20.0, 20.0),
        begin,
        method="DOP853",
        rtol=1e-12,
        atol=1e-14,
    ).y[0, -1]
    errors = []
    for spacing in (1.0, 0.5):
        vessel = Myogenic(spacing=spacing, history=20.0)
        last = vessel.response(Step(), until=20.0).answer.values[-1]
        errors.append(abs(float(vessel.diameter() * (1.0 + last)) - exact))
    assert errors[-1] < 1e-3
    np.testing.assert_allclose(np.log2(errors[0] / errors[1]), 2.0, atol=0.1)


@record
class Touch(Quiet):
    """A touch of norepinephrine at t = 0."""

    def __call__(self, time):
        return 1e-4 * jnp.exp(-(time**2))


def test_a_vessel_past_its_bifurcation_begins_to_oscillate_of_itself():
    alone = Myogenic(pressure=8000.0, tone=6.0)
    growth = np.linalg.eigvals(linearised(alone)[1])[0]
    assert growth.real > 0.0
    cycle = 2 * np.pi / abs(growth.imag)
    answer = alone.response(Touch(), until=100.0).answer
    sizes = [np.ptp(answer(jnp.linspace(at, at + cycle, 500))) for at in (20, 20 + 2 * cycle)]
    np.testing.assert_allclose(sizes[1] / sizes[0], np.exp(2 * cycle * growth.real), rtol=5e-3)


def swing(vessel):
    """How far norepinephrine of sleep moves the radius, over a cycle."""
    response = vessel.response(Norepinephrine(), until=100.0)
    return float(jnp.ptp(response.answer(jnp.linspace(50.0, 100.0, 500))))


def test_lost_muscle_answers_less_and_a_therapy_more():
    assert swing(Myogenic(active=0.5)) < 0.3 * swing(VESSEL)
    assert swing(Myogenic(active=1.25)) > 1.1 * swing(VESSEL)


def test_a_steeper_passive_wall_rests_wider_and_is_narrowed_further():
    steep = Myogenic(passive=1.5)
    assert float(steep.diameter()) > 1.1 * float(VESSEL.diameter())
    assert swing(steep) > 1.5 * swing(VESSEL)


NAMES = ("pressure", "tone", "gain", "active", "passive", "diameter_time", "activation_time")


@pytest.fixture(scope="module")
def moved():
    """A number that the vessel's numbers move, and its derivatives, compiled once."""

    @jax.jit
    @jax.value_and_grad
    def both(numbers):
        response = Myogenic(**numbers).response(Norepinephrine(), 100.0)
        return response.radius_ratio(jnp.zeros(1), 41.3)[0]

    at = {name: getattr(VESSEL, name) for name in NAMES}
    return at, both, both(at)[1]


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_agree_with_central_differences(name, moved):
    at, both, slopes = moved
    step = 1e-4 * at[name]
    above, below = (both(at | {name: at[name] + sign * step})[0] for sign in (1, -1))
    np.testing.assert_allclose(slopes[name], (above - below) / (2 * step), rtol=1e-4)


def test_impossible_vessels_are_refused():
    with pytest.raises(InputError, match=r"wall\.activation_time is 0"):
        Myogenic(activation_time=0.0)
    with pytest.raises(InputError, match=r"no equilibrium at wall\.pressure = 1e\+07 Pa"):
        Myogenic(pressure=1e7, passive_steepness=0.1).response(Quiet(), until=10.0)
