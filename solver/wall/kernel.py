"""How muscle filters norepinephrine: kernels `h` of unit area, `m = h*n` (docs/physics.md 1.1).

First order, `h(t) = exp(-t / tau) / tau`: at 0.02 Hz gain .936 and lag 2.87 s for tau = 3 s, .847
and 4.46 s for tau = 5 s. Gamma, `h(t) = t^(n-1) exp(-t / tau) / ((n-1)! tau^n)`: .912 and 5.88 s
for n = 3, tau = 2 s; it is `n` first-order stages in series,

    tau dm_k/dt = m_(k-1) - m_k,    m_0 = n,    m = m_n,    gain (1 + (w tau)^2)^(-n/2)

The signal is sampled on a uniform grid and taken as linear in between, for which a step is exact.
Units: seconds; signal and answer are relative norepinephrine (1).
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record, static
from solver.wall.response import check_positive

Filtered = tuple[Float[Array, " grid"], Float[Array, " grid"]]


@record
class FirstOrder:
    """An answer that begins at once and fades with one time constant.

    Attributes:
        time_constant: s, tau.
    """

    time_constant: float | Float[Array, ""] = 4.0

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_positive(self, "wall.kernel", "time_constant")

    def filter(self, sampled: Float[Array, " grid"], spacing: float) -> Filtered:
        """`h*n` (1) and its slope (1/s) where the signal is sampled, `spacing` (s) apart."""
        return cascade(sampled, spacing, self.time_constant, 1)


@record
class Gamma:
    """An answer that rises to a peak at `(shape - 1) time_constant` before it fades.

    Attributes:
        shape: n, how many stages, a whole number.
        time_constant: s, tau of each.
    """

    shape: int = static(default=3)
    time_constant: float | Float[Array, ""] = 2.0

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_positive(self, "wall.kernel", "time_constant")
        if not (isinstance(self.shape, int) and self.shape >= 1):
            raise InputError(f"wall.kernel.shape is {self.shape}; give a whole number, 1 or more.")

    def filter(self, sampled: Float[Array, " grid"], spacing: float) -> Filtered:
        """`h*n` (1) and its slope (1/s) where the signal is sampled, `spacing` (s) apart."""
        return cascade(sampled, spacing, self.time_constant, self.shape)


Kernel = FirstOrder | Gamma


@partial(jax.jit, static_argnames="stages")
def cascade(
    sampled: Float[Array, " grid"],
    spacing: float,
    time_constant: float | Float[Array, ""],
    stages: int,
) -> Filtered:
    """Solve the stages exactly for a signal that is linear between samples `spacing` (s) apart.

    Starts at equilibrium with the first sample. With `x = spacing / tau` and
    `P_k = 1 - exp(-x) (1 + x + ... + x^(k-1)/(k-1)!)`, stage `k` takes from a signal that goes from
    `n0` to `n1`

        m_k = exp(-x) sum_j x^(k-j)/(k-j)! m_j(0) + P_k n0 + (P_k - k/x P_(k+1)) (n1 - n0)

    Returns:
        the last stage on the grid, and its slope there.
    """
    x = jnp.asarray(spacing / time_constant)
    powers = [jnp.exp(-x) * x**j / math.factorial(j) for j in range(stages + 1)]
    kept = jnp.stack([powers[j] * jnp.eye(stages, k=-j) for j in range(stages)]).sum(axis=0)
    taken = 1.0 - kept.sum(axis=1)
    order = jnp.arange(1.0, stages + 1.0)
    tilted = taken - order / x * (taken - jnp.stack(powers[1:]))

    def step(
        stage: Float[Array, " stages"], ends: tuple[Float[Array, ""], Float[Array, ""]]
    ) -> tuple[Float[Array, " stages"], Float[Array, " stages"]]:
        before, after = ends
        stage = kept @ stage + taken * before + tilted * (after - before)
        return stage, stage

    first = jnp.full(stages, sampled[0])
    _, later = jax.lax.scan(step, first, (sampled[:-1], sampled[1:]))
    levels = jnp.concatenate([first[None], later])
    driver = sampled if stages == 1 else levels[:, -2]
    return levels[:, -1], (driver - levels[:, -1]) / time_constant
