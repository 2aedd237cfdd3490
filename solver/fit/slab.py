"""Tracer in tissue between two places where it was measured: a line of regions of an image.

    dc/dt = D c'' - v c' - k c        0 < x < L,    c(0, t), c(L, t) as measured

D is the apparent diffusivity of the tissue (m2/s), v a drift towards greater x (m/s), k all loss
out of the line together (1/s): into blood, into perivascular space, and sideways into tissue that
the line does not show. Metres, seconds; c in any unit. Second order in space (central differences)
and in time (Crank & Nicolson 1947).
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record, static

Number = float | Float[Array, ""]
Readings = dict[str, Float[Array, " times"]]
TREND = 2  # degree of the polynomial in time that the outer regions are smoothed by [choice]


@record
class Window:
    """When a reduced model runs: `steps` of `step` seconds."""

    step: float = static()
    steps: int = static()

    @property
    def until(self) -> float:
        """End of the run, s."""
        return self.step * self.steps

    @property
    def times(self) -> Float[np.ndarray, " times"]:
        """Time zero and the end of every step, s."""
        return self.step * np.arange(self.steps + 1)


@record
class Slab:
    """A line of regions.

    Attributes:
        diffusivity: m2/s; `loss`: 1/s; `drift`: m/s.
        initial: concentration at the start of inner regions, by name; linear in between.
        ends: polynomials in time (s) of the concentration at both ends, lowest power first.
        places: m, of the inner regions, by name; `length`: of the line, m.
        cells: of the line.
    """

    diffusivity: Number
    initial: dict[str, Number]
    ends: Float[Array, "2 powers"]
    places: tuple[tuple[str, float], ...] = static()
    length: float = static()
    loss: Number = 0.0
    drift: Number = 0.0
    cells: int = static(default=48)

    def columns(self, prepared: Window) -> Readings:
        """Concentration of every inner region, by name."""
        x = np.linspace(0.0, self.length, self.cells + 1)
        times = prepared.times
        outer = jnp.stack([jnp.polyval(end[::-1], jnp.asarray(times)) for end in self.ends], axis=1)
        told = [(name, place) for name, place in self.places if name in self.initial]
        values = [outer[0, 0], *(self.initial[name] for name, _ in told), outer[0, 1]]
        nodes = jnp.asarray([0.0, *(place for _, place in told), self.length])
        begun = jnp.interp(jnp.asarray(x), nodes, jnp.stack([jnp.asarray(v) for v in values]))
        inside, from_ends = self._rates(x[1] - x[0])
        half, identity = 0.5 * prepared.step, jnp.eye(self.cells - 1)
        forward = jnp.linalg.solve(identity - half * inside, identity + half * inside)
        pushed = jnp.linalg.solve(identity - half * inside, half * from_ends)

        def step(
            c: Float[Array, " inner"], both: Float[Array, "2"]
        ) -> tuple[Float[Array, " inner"], Float[Array, " inner"]]:
            c = forward @ c + pushed @ both
            return c, c

        first = begun[1:-1]
        _, later = jax.lax.scan(step, first, outer[1:] + outer[:-1])
        inner = jnp.concatenate([first[None], later])
        whole = jnp.concatenate([outer[:, :1], inner, outer[:, 1:]], axis=1)
        middle = jnp.asarray([place for _, place in self.places])
        at = jax.vmap(lambda c: jnp.interp(middle, jnp.asarray(x), c))(whole)
        found = {name: at[:, i] for i, (name, _) in enumerate(self.places)}
        return {"time_s": jnp.asarray(times)} | found

    def _rates(self, spacing: float) -> tuple[Float[Array, "inner inner"], Float[Array, "inner 2"]]:
        """What inner nodes and both ends do to the inner nodes, 1/s."""
        spread = self.diffusivity / spacing**2
        carried = self.drift / (2.0 * spacing)
        count = self.cells - 1
        inside = (
            (spread + carried) * jnp.eye(count, k=-1)  # term by term, diffusion and drift
            + (spread - carried) * jnp.eye(count, k=1)
            - (2.0 * spread + self.loss) * jnp.eye(count)
        )
        low = (spread + carried) * jnp.eye(count)[0]
        high = (spread - carried) * jnp.eye(count)[-1]
        return inside, jnp.stack([low, high], axis=1)


def slab(
    times: Float[np.ndarray, " samples"],
    regions: Mapping[str, Float[np.ndarray, " samples"]],
    places: Mapping[str, float],
    *,
    diffusivity: float,
    unseen: str | None = None,
    cells: int = 48,
) -> Slab:
    """A line of regions between the two outermost, whose series are smoothed in time.

    Args:
        times: s; `regions`: series by name; `places`: m, by name.
        diffusivity: m2/s, to start with.
        unseen: an inner region of whose values nothing is used.

    Raises:
        InputError: fewer than three regions.
    """
    order = sorted(regions, key=lambda name: places[name])
    if len(order) < 3:
        raise InputError(
            f"{', '.join(order) or 'no region'}: a line needs three regions or more, "
            "two of them at its ends"
        )
    origin = places[order[0]]
    ends = [
        np.polynomial.polynomial.polyfit(times, regions[name], TREND)
        for name in (order[0], order[-1])
    ]
    return Slab(
        diffusivity=diffusivity,
        initial={name: float(regions[name][0]) for name in order[1:-1] if name != unseen},
        ends=jnp.asarray(np.array(ends)),
        places=tuple((name, places[name] - origin) for name in order[1:-1]),
        length=places[order[-1]] - origin,
        cells=cells,
    )
