"""How strongly muscle acts along the vessel: a factor (1) on its motion against path length (m)."""

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.record import record
from solver.wall.response import check_positive

Number = float | Float[Array, ""]


@record
class Uniform:
    """The same everywhere."""

    def __call__(self, path: Float[Array, " points"]) -> Float[Array, " points"]:
        """Ones, in the shape of `path`."""
        return jnp.ones_like(path)

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The factor is 1."""
        return jnp.ones(()), jnp.ones(())


@record
class Ramp:
    """Linear from the mouth inward, then level.

    Attributes:
        mouth: factor at the mouth.
        deep: factor at `length` and beyond.
        length: m, of path.
    """

    mouth: Number = 1.0
    deep: Number = 0.5
    length: Number = 1e-3

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        check_positive(self, "wall.profile", "length")

    def __call__(self, path: Float[Array, " points"]) -> Float[Array, " points"]:
        """The factor at path lengths (m)."""
        return self.mouth + (self.deep - self.mouth) * jnp.clip(path / self.length, 0.0, 1.0)

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The lesser and the greater of the two factors."""
        ends = jnp.asarray([self.mouth, self.deep])
        return ends.min(), ends.max()


@record
class Table:
    """Factors at path lengths, linear in between, level before the first and after the last.

    Attributes:
        path: m, strictly increasing.
        factor: as many factors.
    """

    path: Sequence[Number] | Float[Array, " rows"]
    factor: Sequence[Number] | Float[Array, " rows"]

    def __post_init__(self) -> None:
        """Check plain numbers as they are given; traced values pass."""
        given = [x for x in (self.path, self.factor) if isinstance(x, list | tuple)]
        plain = [[v for v in values if isinstance(v, float | int)] for values in given]
        if not all(math.isfinite(value) for values in plain for value in values):
            raise InputError("wall.profile holds a number that is not finite; correct the row.")
        if len(given) == 2 and (len(given[0]) != len(given[1]) or not given[0]):
            raise InputError(
                f"wall.profile has {len(given[0])} path lengths and {len(given[1])} factors; "
                "give as many of the one as of the other."
            )
        if len(given) == 2 and np.any(np.diff(plain[0]) <= 0):
            raise InputError(
                f"wall.profile.path is {list(self.path)} m; give path lengths that increase."
            )

    def __call__(self, path: Float[Array, " points"]) -> Float[Array, " points"]:
        """The factor at path lengths (m)."""
        return jnp.interp(path, jnp.asarray(self.path), jnp.asarray(self.factor))

    def bounds(self) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The least and the greatest of the factors."""
        factor = jnp.asarray(self.factor)
        return factor.min(), factor.max()


Profile = Uniform | Ramp | Table
