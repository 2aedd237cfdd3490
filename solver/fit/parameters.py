"""Numbers of a model by the names of its records: `wall.gain`, `flow.tissue.permeability`.

Every leaf of `Model`, or of another record of numbers, that is a single number may be freed. Fields
declared static (names, sizes, choices) are decided before anything is compiled and may not. Of
several animals a number is one for all, `wall.gain`, or that of one, `m1.wall.gain`.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import DictKey, GetAttrKey, tree_flatten_with_path
from jaxtyping import Array, Float

from meshes.errors import InputError
from solver.fit.free import Free, free_number
from solver.fit.several import Several, of_animal

M = TypeVar("M")

SILENT = ("compartments", "each")  # fields that a configuration leaves out of its names


def freeable(model: Any) -> dict[str, Any]:
    """Every number of a model that a fit may free, by name, SI."""
    return {name: leaf for name, leaf in zip(*_leaves(model)[:2], strict=True) if _single(leaf)}


def free(model: Any, given: Mapping[str, Any]) -> tuple[Free, ...]:
    """The numbers that a user frees, with their bounds and priors (`free_number`).

    Of several animals a name without theirs is one number for all of them or, with `each: true`,
    one for each.

    Raises:
        InputError: no name at all, a name that the model lacks or that is no single number, bounds
            or a prior that cannot be, a number that is freed twice, or shared by animals that
            begin with different ones.
    """
    if not given:
        raise InputError("no parameter is free; name some, as in free='{wall.gain: {}}'")
    numbers = freeable(model)
    found: list[Free] = []
    for name, what in given.items():
        for one, leaves, asked in _meant(model, numbers, name, what):
            found.append(free_number(one, _start(numbers, one, leaves, asked), asked, leaves))
    taken = [leaf for each in found for leaf in each.leaves]
    for leaf in taken:
        if taken.count(leaf) > 1:
            raise InputError(f"free: {leaf} is freed twice, by itself and with others; choose one")
    return tuple(found)


def put(model: M, values: Mapping[str, float | Float[Array, ""]]) -> M:
    """The model with some numbers replaced, by name."""
    names, leaves, structure = _leaves(model)
    changed = [values.get(name, leaf) for name, leaf in zip(names, leaves, strict=True)]
    return jax.tree.unflatten(structure, changed)


def start(parameters: Sequence[Free]) -> Float[Array, " free"]:
    """Coordinates at which the fit begins."""
    return jnp.stack([each.coordinate(each.start) for each in parameters])


def _meant(
    model: Any, numbers: Mapping[str, Any], name: str, what: Any
) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """What a name frees: names, the leaves that each sets, and what is asked of it."""
    animals = [*model.each] if isinstance(model, Several) else []
    own = isinstance(what, dict) and what.get("each", False)
    if isinstance(what, dict):
        what = {key: value for key, value in what.items() if key != "each"}
    if not isinstance(own, bool):
        raise InputError(f"free.{name}.each is {own!r}; give true or false")
    if name in numbers:
        if own:
            why = f"{name} is that of one" if animals else "there are none"
            raise InputError(f"free.{name}.each is for several animals, and {why}; take it away")
        yield name, (name,), what
        return
    leaves = tuple(leaf for each in animals if (leaf := of_animal(each, name)) in numbers)
    if not leaves:
        one, short = _one(model, name) if animals else (model, name)
        raise InputError(_why_not(one, short, list(freeable(one))))
    if own:
        yield from ((leaf, (leaf,), what) for leaf in leaves)
    else:
        yield name, leaves, what


def _one(model: Several, name: str) -> tuple[Any, str]:
    """The model that a name is about, of the first animal if it names none, and the name in it."""
    animal, _, short = name.partition(".")
    if animal in model.each:
        return model.each[animal], short
    return next(iter(model.each.values())), name


def _start(numbers: Mapping[str, Any], name: str, leaves: Sequence[str], asked: Any) -> float:
    """Where a number is in the model, the same in all animals that share it."""
    found = {leaf: float(numbers[leaf]) for leaf in leaves}
    if len({*found.values()}) > 1 and not (isinstance(asked, dict) and "start" in asked):
        told = ", ".join(f"{leaf} = {value:g}" for leaf, value in found.items())
        raise InputError(
            f"free: {name} is one number for all animals, but they begin with {told}; give "
            f"free.{name}.start, or each: true"
        )
    return found[leaves[0]]


def _leaves(model: Any) -> tuple[list[str], list[Any], Any]:
    """Names and leaves of a model, and how they hang together."""
    pairs, structure = tree_flatten_with_path(model)
    names = [".".join(filter(None, map(_word, path))) for path, _ in pairs]
    return names, [leaf for _, leaf in pairs], structure


def _word(key: Any) -> str:
    if isinstance(key, GetAttrKey):
        return "" if key.name in SILENT else key.name
    return str(key.key) if isinstance(key, DictKey) else str(key.idx)


def _single(leaf: Any) -> bool:
    """Whether a leaf is one real number."""
    if isinstance(leaf, bool | str):
        return False
    return np.ndim(leaf) == 0 and jnp.issubdtype(jnp.result_type(leaf), np.number)


def _why_not(model: Any, name: str, numbers: list[str]) -> str:
    """Why a name cannot be freed, and what can be in its place."""
    names, leaves, _ = _leaves(model)
    if name in names:
        size = np.size(leaves[names.index(name)])
        what = f"holds {size} values" if size != 1 else "is no real number"
        return f"free: {name} {what}; a fit frees single numbers"
    within = [each for each in numbers if each.startswith(f"{name}.")]
    if within:
        return f"free: {name} is made of several; name one of {', '.join(within)}"
    near = get_close_matches(name, numbers, n=3, cutoff=0.6)
    same = [each for each in numbers if each.rpartition(".")[2] == name.rpartition(".")[2]]
    found: Any = model
    for word in name.split("."):
        found = found.get(word) if isinstance(found, dict) else getattr(found, word, None)
    if found is not None:
        return (
            f"free: {name} is a choice made before anything is compiled, no number that moves; "
            f"set it as {name}={found}"
        )
    likely = near or same
    hint = f"did you mean {' or '.join(likely)}?" if likely else f"use one of {', '.join(numbers)}"
    return f"free: no number is called {name!r}; {hint}"
