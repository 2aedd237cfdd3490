"""What does not change from one attempt of a sweep to the next, kept by its inputs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np


@dataclass
class Memory:
    """What was made before, by its inputs."""

    made: dict[bytes, Any] = field(default_factory=dict)
    used: set[bytes] = field(default_factory=set)

    def recall(self, key: bytes, make: Callable[[], Any]) -> Any:
        """The piece of these inputs, made if it is new."""
        self.used.add(key)
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def forget_unused(self) -> None:
        """Let go of what the last attempt did not need."""
        self.made = {key: self.made[key] for key in self.used}
        self.used.clear()


def key_of(*inputs: Any) -> bytes:
    """A short digest of arrays and numbers."""
    digest = blake2b(digest_size=16)
    for one in inputs:
        digest.update(one if isinstance(one, bytes) else np.ascontiguousarray(one).tobytes())
        digest.update(b"/")
    return digest.digest()
