"""What a reverse pass keeps of a step that it otherwise computes again.

The solutions of systems, and what `keep` marks: findings that took a search or a factorisation,
such as where a bound stands, and that are small beside the step's other numbers.
"""

from typing import Any

from jax.ad_checkpoint import checkpoint_name

FINDING = "finding"


def keep(found: Any) -> Any:
    """Mark a finding."""
    return checkpoint_name(found, FINDING)


def kept(primitive: Any, *_: Any, **told: Any) -> bool:
    """Whether what an operation gave is kept; a policy of `jax.checkpoint`."""
    return primitive.name == "custom_linear_solve" or told.get("name") == FINDING
