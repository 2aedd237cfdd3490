"""Records: frozen dataclasses that jax sees as trees; a path such as `wall.gain` names a leaf.

Numbers and arrays are leaves; fields declared with `static()` are part of the structure (names,
choices, sizes) and take part in jit's cache key.
"""

from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

import jax

T = TypeVar("T")


def static(default: Any = MISSING) -> Any:
    """Declare a field that is structure, not data: hashable, never differentiated."""
    return field(default=default, metadata={"static": True})


@dataclass_transform(frozen_default=True, field_specifiers=(static, field))
def record(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass registered as a jax tree."""
    cls = dataclass(frozen=True, eq=False)(cls)
    own = fields(cls)  # type: ignore[arg-type]
    meta = [f.name for f in own if f.metadata.get("static")]
    data = [f.name for f in own if not f.metadata.get("static")]
    jax.tree_util.register_dataclass(cls, data_fields=data, meta_fields=meta)
    return cls
