"""A vessel tree: centreline nodes with radii, each but the root hanging on its parent. Metres."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class VesselTree:
    """A rooted tree of vessel centrelines.

    Attributes:
        points: node positions, m.
        radius: lumen radius at each node, m.
        parent: index of each node's parent; -1 at the one root, the mouth.
        name: where the tree came from, for messages.
        notes: what the reader chose or merged.
        labels: what the file calls each node, as in `point 7`; empty if there is no file, and
            shorter than the nodes where some were put in between.
    """

    points: Float[np.ndarray, "nodes 3"]
    radius: Float[np.ndarray, " nodes"]
    parent: Int[np.ndarray, " nodes"]
    name: str = "tree"
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
