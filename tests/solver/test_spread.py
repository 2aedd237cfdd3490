"""What several devices share comes to the same numbers as on one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENSEMBLE = """
import jax, jax.numpy as jnp, numpy as np
from solver.spread import spread

def steps_to(limit):  # every member takes another number of turns
    turn = lambda state: (state[0] + 1, 1.1 * state[1])
    turns, x = jax.lax.while_loop(lambda state: state[1] < limit, turn, (0, 1.0))
    return {"turns": turns, "x": x * offset}

offset = jnp.float32(3.0)
limits = jnp.array([2.0, 50.0, 7.0, 400.0, 3.0])  # five members do not divide by two
together = jax.jit(spread(steps_to))(limits)
alone = spread(steps_to, devices=1)(limits)
for name in alone:
    np.testing.assert_array_equal(together[name], alone[name])
assert len({int(turns) for turns in alone["turns"]}) == 5
halves = jax.jit(spread(lambda x: 2.0 * x))(jnp.arange(4.0))
assert len(halves.sharding.device_set) == 2
"""
PHASES = """
import jax, jax.numpy as jnp, numpy as np
jax.config.update("jax_enable_x64", True)
from meshes.annulus import annulus
from solver.flow import StokesDarcy, cycle, plan
from solver.geometry.motion import positions
from solver.geometry.space import build_space

space = build_space(annulus(6e-6, 9e-6, 12e-6, across=2, around=6, along=2))
flow = StokesDarcy(tolerance=1e-11, memory=1)
# there and back twice: each of two devices is given the same two phases
wide, narrow = (positions(space, r * jnp.ones(space.fluid.vertices)) for r in (1.0, 1.1))
points = jnp.stack([wide, narrow, wide, narrow, wide])
shared = cycle.solve_cycle(flow, plan(flow, space, 5.0), space, points, 5.0)
assert bool(shared.solve.converged.all())
assert len(shared.velocity.sharding.device_set) == 2
assert float(shared.solve.balance.max()) < 1e-12
first, second = np.split(np.asarray(shared.velocity), 2)
np.testing.assert_array_equal(first, second)
assert np.abs(first[0]).max() > 0.0
"""


@pytest.mark.parametrize("told", [ENSEMBLE, PHASES], ids=["ensemble", "phases"])
def test_two_devices_say_what_one_says(told: str) -> None:
    flags = "--xla_force_host_platform_device_count=2 --xla_backend_optimization_level=0"
    done = subprocess.run(
        [sys.executable, "-c", told],
        env=os.environ | {"XLA_FLAGS": flags, "PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
