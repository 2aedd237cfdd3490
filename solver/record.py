"""Records: frozen dataclasses that jax sees as trees; a path such as `wall.gain` names a leaf.

Numbers and arrays are leaves; fields declared with `static()` are part of the structure (names,
choices, sizes) and take part in jit's cache key.
"""

from collections.abc import Iterable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

from jax.tree_util import GetAttrKey, register_pytree_with_keys

T = TypeVar("T")


def static(default: Any = MISSING) -> Any:
    """Declare a field that is structure, not data: hashable, never differentiated."""
    return field(default=default, metadata={"static": True})


@dataclass_transform(frozen_default=True, field_specifiers=(static, field))
def record(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass registered as a jax tree."""
    cls = dataclass(frozen=True, eq=False)(cls)
    own = fields(cls)  # type: ignore[arg-type]
    meta = tuple(f.name for f in own if f.metadata.get("static"))
    data = tuple(f.name for f in own if not f.metadata.get("static"))
    keys = tuple(GetAttrKey(name) for name in data)

    # Not jax's register_dataclass: to it, two classes with equally many leaves and the same static
    # values are one structure (jax 0.10), so that one would run what was compiled for the other.
    def structure(tree: Any) -> tuple[Any, ...]:
        return cls, *(getattr(tree, name) for name in meta)

    def leaves(tree: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return tuple(getattr(tree, name) for name in data), structure(tree)

    def named(tree: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return tuple(zip(keys, leaves(tree)[0], strict=True)), structure(tree)

    def whole(static_part: tuple[Any, ...], values: Iterable[Any]) -> Any:
        given = dict(zip(meta, static_part[1:], strict=True))
        return cls(**given, **dict(zip(data, values, strict=True)))

    register_pytree_with_keys(cls, named, whole, leaves)
    return cls
