"""The fluid of compartments: what they keep, what they pass on, and that nothing is lost."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.flow import StokesDarcy, Windkessel
from solver.flow.lumped import conductance, settle, storage_rate
from solver.flow.stokes_darcy import end_kinds
from solver.geometry.space import build_space
from solver.route import Compartment, Inflow, Renewed, joined
from solver.route.fluid import reservoirs_of, volumes_at_rest
from solver.route.joins import join
from solver.route.readings import read_windkessels

UM, STEP = 1e-6, 2.0
FLOW = StokesDarcy(distal=Windkessel(compliance=1e-15))


@pytest.fixture(scope="module")
def space():
    return build_space(annulus(6 * UM, 9 * UM, 20 * UM, across=1, around=6, along=2))


def step(route, space, volumes, *, inlet=0.0, distal=0.0, pressure=0.0):
    """Reservoirs of a step in which so much leaves through the ends, m3/s, and pressure rises."""
    fluxes = jnp.zeros(space.fluid.vertices)
    for name, rate in (("inlet", inlet), ("distal_1", distal)):
        members = space.end(name).vertices
        fluxes = fluxes.at[members].add(rate / len(members))
    past = SimpleNamespace(node_pressure=jnp.array([pressure]))
    moved = SimpleNamespace(end_fluxes=fluxes, outer_fluxes=jnp.zeros(0), past=past)
    return reservoirs_of(route, join(route, space), FLOW, space, volumes, jnp.zeros(1), moved, STEP)


def imbalance(space, beyond):
    """Of each reservoir in turn, from what reservoirs, ends and the outside exchange, m3/s."""
    onward = beyond.rates.sum(axis=1) - beyond.out  # lost to others less gained from them
    return (beyond.end - beyond.start) / STEP + onward + beyond.out - beyond.fresh


@pytest.mark.parametrize("renewal", [1e-6, 1.0, 50.0, np.inf])
def test_a_compartment_that_keeps_its_fluid_follows_its_equation(space, renewal):
    route = joined(subarachnoid=Compartment(1e-13, renewal=renewal, source=1.0, ends=("inlet",)))
    volumes, rates, exact = volumes_at_rest(route, space), (2e-15, -3e-15, 1e-15), 1e-13
    for rate in rates:
        beyond = step(route, space, volumes, inlet=rate)
        settled = 1e-13 + rate * renewal if np.isfinite(renewal) else 0.0
        decay = np.exp(-STEP / renewal)
        exact = settled + (exact - settled) * decay if renewal < np.inf else exact + STEP * rate
        assert float(beyond.end[0]) == pytest.approx(exact, rel=1e-12)
        assert float(imbalance(space, beyond)[0]) == pytest.approx(rate, rel=1e-6)
        assert float(beyond.source[0]) == pytest.approx(1e-13 / renewal)
        assert float(beyond.out[0]) >= -1e-30
        volumes = beyond.end


@pytest.mark.parametrize("rate", [3e-15, -3e-15])
def test_a_chain_passes_on_what_arrives_but_for_what_its_windkessel_holds(space, rate):
    route = joined(
        dura=Compartment(1e-13, ends=("distal",), into="lymph"),
        lymph=Compartment(2e-13, renewal=100.0, into="outside"),
    )
    beyond = step(route, space, volumes_at_rest(route, space), distal=rate, pressure=2.0)
    kept = 2.0 * 1e-15 / STEP  # C p: the windkessel fills, m3/s
    onward = rate - kept
    assert np.asarray(beyond.held).tolist() == [0.0, 0.0, 1.0]  # dura, lymph, and the mouth
    assert float(beyond.end[0]) == pytest.approx(1e-13 + 2e-15)
    assert float(beyond.end[1]) == pytest.approx(2e-13)
    renewing = 2e-13 / 100.0
    fresh, out = (renewing + max(sign * onward, 0.0) for sign in (-1.0, 1.0))
    np.testing.assert_allclose(np.asarray(beyond.fresh[:2]), [0.0, fresh], rtol=1e-12)
    np.testing.assert_allclose(np.asarray(beyond.out[:2]), [0.0, out], rtol=1e-12)
    np.testing.assert_allclose(
        np.asarray(imbalance(space, beyond)[:2]), [rate, 0.0], atol=1e-12 * abs(rate)
    )
    upstream = np.asarray(beyond.rates)[0, :2], np.asarray(beyond.rates)[1, :2]
    forward, back = max(onward, 0.0), max(-onward, 0.0)
    np.testing.assert_allclose(upstream[0], [forward, -back], rtol=1e-12, atol=0.0)
    np.testing.assert_allclose(upstream[1], [-forward, back + out], rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("rate", [3e-15, -3e-15])
def test_what_comes_to_a_windkessel_is_held_or_drains(space, rate):
    kinds, before, beyond = end_kinds(FLOW, space), jnp.array([0.5]), jnp.array([0.1])
    store, leak = storage_rate(kinds, STEP), conductance(kinds)
    mean = (rate + leak * beyond + store * before) / (leak + store)
    after = settle(jnp.array([rate]), mean, beyond, before, kinds, STEP)
    read = read_windkessels(Renewed(), FLOW, space, before, after, beyond)
    held = float(read["fluid_distal_1_m3"]) - 1e-15 * 0.5  # C p, less what it held
    drained = float(read["fluid_out_distal_1_m3_per_s"])
    assert held / STEP + drained == pytest.approx(rate, rel=1e-12)
    assert held != 0.0 and drained != 0.0
    inside = joined(dura=Compartment(1e-13, ends=("distal",), into="outside"))
    assert not read_windkessels(inside, FLOW, space, before, after, beyond)


@pytest.mark.parametrize("rate", [3e-15, -3e-15])
def test_a_mouth_held_on_inflow_alone_is_joined_while_fluid_enters(space, rate):
    beyond = step(Inflow(), space, volumes_at_rest(Inflow(), space), inlet=rate)
    members = len(space.end("inlet").vertices)
    assert float(beyond.joins.fluid.sum()) == (members if rate < 0 else 0)
    assert float(beyond.held[0]) == 1.0


def test_no_windkessel_no_swelling(space):
    route = joined(dura=Compartment(1e-13, ends=("inlet", "distal"), into="outside"))
    beyond = step(route, space, volumes_at_rest(route, space), inlet=-3e-15, distal=3e-15)
    assert float(beyond.end[0]) == 1e-13
    assert float(beyond.out[0] - beyond.fresh[0]) == pytest.approx(0.0, abs=1e-28)
