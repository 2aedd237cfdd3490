"""Tracer in compartments against exponentials: renewal, and a chain that a flow washes out."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from meshes.annulus import annulus
from solver.geometry.metric import sweep
from solver.geometry.space import build_space
from solver.tracer import AdvectionDiffusion
from solver.tracer.carry import carry
from solver.tracer.mouth import Joins, Reservoirs, renewed, share
from tests.exact.problem import order

UM = 1e-6
VOLUMES = np.array([1e-14, 3e-14, 2e-14])  # m3
FLOW = 2e-16  # m3/s, down the chain
UNTIL = 200.0  # s
STILL = AdvectionDiffusion(diffusivity=1e-24)  # what is in the space stays there


@pytest.fixture(scope="module")
def space():
    return build_space(annulus(6 * UM, 9 * UM, 20 * UM, across=1, around=6, along=2))


@pytest.fixture(scope="module")
def washed(space):
    """A compiled step of a chain of three, the first joined to the mouth, in still fluid."""
    still = sweep(space.fluid_rest, space.fluid_rest, space.fluid)
    nothing = SimpleNamespace(
        relative_fluxes=jnp.zeros(space.fluid.edges.shape[1]),
        tissue_fluxes=jnp.zeros(0),
        exchange=jnp.zeros(0),
        end_fluxes=jnp.zeros(space.fluid.vertices),
        outer_fluxes=jnp.zeros(0),
    )
    member = jnp.zeros((3, space.fluid.vertices)).at[0, space.end("inlet").vertices].set(1.0)
    joins = Joins(member, jnp.zeros((3, 0)))

    @jax.jit
    def advance(tracer, beyond, concentration, duration):
        none = (jnp.zeros(0), jnp.zeros(0))
        return carry(tracer, space, beyond, still, nothing, none, concentration, duration, duration)

    def opened(filling):
        """One step at a mouth that is held while fluid enters, else open: inside, and out."""
        beyond = renewed(joins, jnp.array([filling, 1.0, 1.0]))
        empty = (jnp.zeros(space.fluid.vertices), jnp.zeros(0), jnp.ones(3))
        done = advance(AdvectionDiffusion(), beyond, share(beyond.joins, empty), 1.0)
        return np.asarray(done.concentration[0]), np.asarray(done.ends)

    def run(rates, source, begun, steps):
        beyond = Reservoirs(
            joins=joins,
            held=jnp.zeros(3),
            start=jnp.asarray(VOLUMES),
            end=jnp.asarray(VOLUMES),
            rates=jnp.asarray(rates),
            out=jnp.asarray(rates).sum(axis=0),
            fresh=jnp.zeros(3),
            source=jnp.asarray(source),
        )
        c = share(joins, (jnp.zeros(space.fluid.vertices), jnp.zeros(0), jnp.asarray(begun)))
        left = jnp.zeros(3)
        for _ in range(steps):
            done = advance(STILL, beyond, c, UNTIL / steps)
            c, left = done.concentration, left + UNTIL / steps * done.beyond
        return (
            np.asarray(c[2]),
            np.asarray(left),
            float(jnp.stack([x.min() for x in c if x.size]).min()),
        )

    cells = float(still.start_volumes[space.end("inlet").vertices].sum())
    return run, cells, opened


CHAIN = FLOW * np.array([[1.0, 0.0, 0.0], [-1.0, 1.0, 0.0], [0.0, -1.0, 1.0]])


def exact(rates, source, begun, cells):
    """C(t) of V C' = s - R C, the cells at the mouth counted with the first compartment."""
    volumes = VOLUMES + np.array([cells, 0.0, 0.0])
    system = np.zeros((4, 4))
    system[:3, :3], system[:3, 3] = -rates / volumes[:, None], source / volumes
    return (expm(UNTIL * system) @ np.append(begun, 1.0))[:3]


@pytest.mark.parametrize(
    ("rates", "source", "begun"),
    [
        (np.diag([FLOW, 0.0, 0.0]), [FLOW, 0.0, 0.0], [0.0, 0.0, 0.0]),
        (CHAIN, [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
        (CHAIN, [FLOW, 0.0, 0.0], [0.0, 0.5, 0.0]),
    ],
    ids=["renewal", "washout", "both"],
)
def test_compartments_follow_the_matrix_exponential(washed, rates, source, begun):
    run, cells, _ = washed
    at = exact(rates, np.array(source), begun, cells)
    coarse, fine = (np.abs(run(rates, source, begun, n)[0] - at).max() for n in (10, 20))
    assert order(coarse, fine) > 1.8
    assert fine < 1e-3


def test_nothing_is_lost_along_the_chain(washed):
    run, cells, _ = washed
    after, left, _ = run(CHAIN, np.zeros(3), [1.0, 0.0, 0.0], 20)
    held = (after * (VOLUMES + np.array([cells, 0.0, 0.0]))).sum()
    assert left[:2].tolist() == [0.0, 0.0] and left[2] > 0.0
    assert left[2] + held == pytest.approx(VOLUMES[0] + cells, rel=1e-12)


def test_a_tiny_compartment_washed_in_a_long_step_stays_positive(washed):
    run, cells, _ = washed
    fast = 1e6 * CHAIN
    after, left, least = run(fast, np.zeros(3), [1.0, 1.0, 1.0], 3)
    assert least >= -1e-13 and after.max() < 1e-3  # round-off
    assert left[2] == pytest.approx(VOLUMES.sum() + cells, rel=1e-3)


def test_through_a_mouth_that_is_open_to_outflow_nothing_diffuses(washed):
    _, _, opened = washed
    for filling in (0.0, 1.0):
        inside, ends = opened(filling)
        assert inside.max() == filling
        assert (ends[0] < 0.0) == (filling > 0.0) and (ends[0] != 0.0) == (filling > 0.0)
