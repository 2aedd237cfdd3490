"""What to change in a tree before it is meshed: a record of choices, each off by default."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Float

from meshes.clean.cycles import CUT, REMOVE
from meshes.clean.find import Spot
from meshes.clean.radius import INTERPOLATE
from meshes.errors import InputError

Side = Sequence[float | None]


@dataclass(frozen=True)
class Cleaning:
    """Changes in the order in which they are made; None leaves things as they are.

    Attributes:
        merge: nodes at most this far apart become one, m; 0 for those at one place.
        zero_radius: `interpolate` fills in radii that are 0 or missing.
        crop: box [[x0, x1], [y0, y1], [z0, z1]], m; None for an open side.
        piece: connected piece to keep: `largest`, or a node in it.
        cycles: `cut` their narrowest segment, or `remove` the whole vessel that holds it.
        root: the mouth: name of a tip, or coordinates, m, near it.
        subtree: keep what lies downstream of this node.
        orders: keep branches up to this order; the first has order 1.
        bifurcations: keep this number of junctions, the nearest to the mouth.
        prune: tip branches shorter than this go, m.
        prune_ratio: tip branches shorter than this times their mean radius go.
        smooth_radius: width of a Gaussian along each vessel, over its mean radius.
        spacing: resample to this distance between nodes, over the local radius.
    """

    merge: float | None = None
    zero_radius: str | None = None
    crop: Sequence[Side | None] | None = None
    piece: Spot | None = None
    cycles: str | None = None
    root: Spot | None = None
    subtree: Spot | None = None
    orders: int | None = None
    bifurcations: int | None = None
    prune: float | None = None
    prune_ratio: float | None = None
    smooth_radius: float | None = None
    spacing: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no choice.

        Raises:
            InputError: naming the key and what it takes.
        """
        for key, least, unit in (
            ("merge", 0.0, "metres"),
            ("prune", 0.0, "metres"),
            ("prune_ratio", 0.0, "radii"),
            ("smooth_radius", 0.1, "radii"),
            ("spacing", 0.1, "radii"),
        ):
            value = getattr(self, key)
            if value is not None and not (_number(value) and value >= least):
                raise _wrong(key, value, f"a number of {unit}, at least {least:g}")
        for key in ("orders", "bifurcations"):
            value, least = getattr(self, key), int(key == "orders")
            if value is not None and not (type(value) is int and value >= least):
                raise _wrong(key, value, f"a whole number, at least {least}")
        for key, words in (("zero_radius", (INTERPOLATE,)), ("cycles", (CUT, REMOVE))):
            if getattr(self, key) not in (None, *words):
                raise _wrong(key, getattr(self, key), " or ".join(words))
        for key in ("piece", "root", "subtree"):
            if not _spot(getattr(self, key)):
                raise _wrong(key, getattr(self, key), "the name of a node, or [x, y, z] in metres")
        self.box()

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return all(getattr(self, item.name) is None for item in fields(self))

    def box(self) -> Float[np.ndarray, "3 2"]:
        """Bounds of the box, m, infinite where it is open.

        Raises:
            InputError: `crop` is no box.
        """
        sides = [None] * 3 if self.crop is None else _listed(self.crop)
        pairs = [[None, None] if side is None else _listed(side) for side in sides]
        sound = len(pairs) == 3 and all(
            len(pair) == 2 and all(bound is None or _number(bound) for bound in pair)
            for pair in pairs
        )
        ends = [[-np.inf if a is None else a, np.inf if b is None else b] for a, b in pairs * sound]
        if not sound or any(low >= high for low, high in ends):
            raise _wrong(
                "crop",
                self.crop,
                "[[x0, x1], [y0, y1], [z0, z1]] in metres, each lower bound below its upper",
            )
        return np.array(ends, dtype=float)


def _wrong(key: str, value: object, wanted: str) -> InputError:
    return InputError(f"mesh.clean.{key} is {value!r}; give {wanted}")


def _number(value: object) -> bool:
    whole_or_not = isinstance(value, int | float | np.integer | np.floating)
    return whole_or_not and not isinstance(value, bool) and bool(np.isfinite(float(value)))  # type: ignore[arg-type]


def _listed(value: object) -> list[Any]:
    """The entries of a list; none of anything else."""
    return list(value) if isinstance(value, list | tuple | np.ndarray) else []


def _spot(value: object) -> bool:
    if value is None or isinstance(value, str | np.integer) or type(value) is int:
        return True
    return len(_listed(value)) == 3 and all(_number(x) for x in _listed(value))
