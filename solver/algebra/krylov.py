"""Krylov methods on trees of arrays, each returning a solution with its status.

Papers: MINRES, Paige & Saunders 1975, in the form of Elman, Silvester & Wathen 2014, algorithm 4.1;
conjugate gradients, Hestenes & Stiefel 1952; BiCGStab, van der Vorst 1992. None is differentiated:
wrap them in `jax.lax.custom_linear_solve`.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool, Float, Int

from solver.record import record

BREAKDOWN = 1e-10  # cosine between residual and shadow below which BiCGStab starts afresh
ROUNDING = 1e-6  # share of a square that rounding may make negative; more is not rounding

Vector = Any
Operator = Callable[[Vector], Vector]


@record
class Status:
    """How an iterative solve ended.

    Attributes:
        iterations: number of iterations done.
        residual: final residual norm relative to that of a zero guess (in the solver's own norm).
        converged: whether the residual reached the tolerance.
    """

    iterations: Int[Array, ""]
    residual: Float[Array, ""]
    converged: Bool[Array, ""]


def inner(x: Vector, y: Vector) -> Float[Array, ""]:
    """Inner product of two trees of arrays."""
    products = jax.tree.map(lambda a, b: jnp.sum(a * b), x, y)
    return sum(jax.tree.leaves(products), start=jnp.zeros(()))


def largest(x: Vector) -> Float[Array, ""]:
    """Largest magnitude in a tree of arrays."""
    peaks = [jnp.max(jnp.abs(one), initial=0.0) for one in jax.tree.leaves(x)]
    return jnp.max(jnp.stack(peaks))


def combine(a: Float[Array, ""] | float, x: Vector, y: Vector) -> Vector:
    """a x + y."""
    return jax.tree.map(lambda u, v: a * u + v, x, y)


def scale(a: Float[Array, ""] | float, x: Vector) -> Vector:
    """a x."""
    return jax.tree.map(lambda u: a * u, x)


def zeros(x: Vector) -> Vector:
    """A zero vector like x."""
    return jax.tree.map(jnp.zeros_like, x)


@custom_vmap
def anyone(going: Bool[Array, ""]) -> Bool[Array, ""]:
    """Whether to go on; in a batch, while any of its systems has to.

    A loop whose batch ends together need not choose, system by system, between old and new vectors.
    """
    return going


@anyone.def_vmap
def _any_of_batch(_: int, __: list, going: Array) -> tuple[Array, bool]:
    return jnp.any(going), False


def minres(
    operator: Operator,
    right: Vector,
    guess: Vector,
    precondition: Operator,
    tolerance: float | Float[Array, ""],
    limit: int,
) -> tuple[Vector, Status]:
    """Solve a symmetric, possibly indefinite system with a symmetric positive preconditioner.

    The residual is measured in the norm of the preconditioner, relative to that of `right`. A
    preconditioner that turns out not to be positive has none: the solve ends, and has not
    converged. Systems of a batch iterate until the last has; each counts its own iterations.
    """
    residual = combine(-1.0, operator(guess), right)
    both = jax.tree.map(lambda *pair: jnp.stack(pair), right, residual)
    images = jax.vmap(precondition)(both)  # once in the program, and matrices are read once
    squares = jax.vmap(inner)(both, images)
    reference, beta = jnp.sqrt(jnp.maximum(squares, 0.0))
    target = tolerance * reference
    image = jax.tree.map(lambda z: z[1], images)
    one, zero = jnp.ones(()), jnp.zeros(())
    start = {
        "iteration": jnp.zeros((), jnp.int32),
        "x": guess,
        "v_old": zeros(right),
        "v": residual,
        "z": image,
        "w_old": zeros(right),
        "w": zeros(right),
        "gamma_old": one,
        "gamma": beta,
        "eta": beta,
        "sine_old": zero,
        "sine": zero,
        "cosine_old": one,
        "cosine": one,
        "broken": jnp.any(squares < 0.0),
    }

    def going(state: dict[str, Any]) -> Bool[Array, ""]:
        short = (jnp.abs(state["eta"]) > target) & (state["iteration"] < limit)
        return short & ~state["broken"]

    def advance(state: dict[str, Any]) -> dict[str, Any]:
        gamma = jnp.where(state["gamma"] > 0, state["gamma"], one)
        z = scale(1.0 / gamma, state["z"])
        image = operator(z)
        delta = inner(image, z)
        v = jax.tree.map(
            lambda a, b, c: a - (delta / gamma) * b - (gamma / state["gamma_old"]) * c,
            image,
            state["v"],
            state["v_old"],
        )
        z_next = precondition(v)
        square = inner(z_next, v)
        gamma_next = jnp.sqrt(jnp.maximum(square, 0.0))
        alpha0 = state["cosine"] * delta - state["cosine_old"] * state["sine"] * gamma
        alpha1 = jnp.hypot(alpha0, gamma_next)
        alpha1 = jnp.where(alpha1 > 0, alpha1, one)
        alpha2 = state["sine"] * delta + state["cosine_old"] * state["cosine"] * gamma
        alpha3 = state["sine_old"] * gamma
        cosine, sine = alpha0 / alpha1, gamma_next / alpha1
        w = jax.tree.map(
            lambda a, b, c: (a - alpha3 * b - alpha2 * c) / alpha1, z, state["w_old"], state["w"]
        )
        return {
            "iteration": state["iteration"] + going(state),
            "x": combine(cosine * state["eta"], w, state["x"]),
            "v_old": state["v"],
            "v": v,
            "z": z_next,
            "w_old": state["w"],
            "w": w,
            "gamma_old": gamma,
            "gamma": gamma_next,
            "eta": -sine * state["eta"],
            "sine_old": state["sine"],
            "sine": sine,
            "cosine_old": state["cosine"],
            "cosine": cosine,
            "broken": state["broken"]
            | (going(state) & (square < -ROUNDING * (delta**2 + gamma**2))),
        }

    end = lax.while_loop(lambda state: anyone(going(state)), advance, start)
    reached = jnp.abs(end["eta"])
    return end["x"], Status(
        iterations=end["iteration"],
        residual=_ratio(reached, reference),
        converged=(reached <= target) & ~end["broken"],
    )


def conjugate_gradients(
    operator: Operator,
    right: Vector,
    precondition: Operator,
    target: Float[Array, ""],
    limit: int,
) -> tuple[Vector, Status]:
    """Solve a symmetric positive system until no entry of its residual is above `target`."""
    start = (
        jnp.zeros((), jnp.int32),
        zeros(right),
        right,
        zeros(right),
        jnp.zeros(()),
        largest(right),
    )

    def going(state: tuple) -> Bool[Array, ""]:
        return (state[5] > target) & (state[0] < limit)

    def advance(state: tuple) -> tuple:
        iteration, x, residual, direction, rho_old, _ = state
        image = precondition(residual)
        rho = inner(residual, image)
        direction = combine(_ratio(rho, rho_old), direction, image)
        image = operator(direction)
        alpha = _ratio(rho, inner(direction, image))
        residual = combine(-alpha, image, residual)
        return (
            iteration + going(state),
            combine(alpha, direction, x),
            residual,
            direction,
            rho,
            largest(residual),
        )

    end = lax.while_loop(lambda state: anyone(going(state)), advance, start)
    return end[1], Status(
        iterations=end[0], residual=_ratio(end[5], target), converged=end[5] <= target
    )


def bicgstab(
    operator: Operator,
    right: Vector,
    guess: Vector,
    tolerance: float | Float[Array, ""],
    limit: int,
    precondition: Operator = lambda x: x,
) -> tuple[Vector, Status]:
    """Solve a nonsymmetric system, preconditioned from the right; residual in the 2-norm.

    Starts afresh from the current residual where the recurrence breaks down (the residual becomes
    orthogonal to the shadow residual).
    """
    reference = jnp.sqrt(inner(right, right))
    target = tolerance * reference
    residual = combine(-1.0, operator(guess), right)
    start = {
        "iteration": jnp.zeros((), jnp.int32),
        "x": guess,
        "r": residual,
        "p": residual,
        "shadow": residual,
        "rho": inner(residual, residual),
        "norm": jnp.sqrt(inner(residual, residual)),
    }

    def proceed(state: dict[str, Any]) -> Bool[Array, ""]:
        return (state["norm"] > target) & (state["iteration"] < limit)

    def advance(state: dict[str, Any]) -> dict[str, Any]:
        step = precondition(state["p"])
        image = operator(step)
        alpha = _ratio(state["rho"], inner(state["shadow"], image))
        s = combine(-alpha, image, state["r"])
        smoother = precondition(s)
        t = operator(smoother)
        omega = _ratio(inner(t, s), inner(t, t))
        x = combine(omega, smoother, combine(alpha, step, state["x"]))
        r = combine(-omega, t, s)
        square = inner(r, r)
        rho = inner(state["shadow"], r)
        shadow_square = inner(state["shadow"], state["shadow"])
        broken = jnp.abs(rho) <= BREAKDOWN * jnp.sqrt(shadow_square * square)
        beta = _ratio(rho, state["rho"]) * _ratio(alpha, omega)
        p = combine(beta, combine(-omega, image, state["p"]), r)
        afresh = jax.tree.map(lambda new, old: jnp.where(broken, new, old), r, p)
        shadow = jax.tree.map(lambda new, old: jnp.where(broken, new, old), r, state["shadow"])
        return {
            "iteration": state["iteration"] + 1,
            "x": x,
            "r": r,
            "p": afresh,
            "shadow": shadow,
            "rho": jnp.where(broken, square, rho),
            "norm": jnp.sqrt(square),
        }

    end = lax.while_loop(proceed, advance, start)
    return end["x"], Status(
        iterations=end["iteration"],
        residual=_ratio(end["norm"], reference),
        converged=end["norm"] <= target,
    )


def _ratio(above: Float[Array, ""], below: Float[Array, ""]) -> Float[Array, ""]:
    """A quotient that is zero where its denominator is."""
    return jnp.where(below != 0, above / jnp.where(below != 0, below, 1.0), 0.0)
