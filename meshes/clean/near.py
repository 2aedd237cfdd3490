"""Nodes near one another become one."""

import numpy as np
from scipy.spatial import cKDTree

from meshes.errors import InputError
from meshes.trees.doubles import ROUND_OFF
from meshes.trees.network import Network, contract


def merge_near(network: Network, distance: float) -> Network:
    """Merge nodes that are at most `distance` apart; what stays does not move.

    Junctions stay first, then tips, then the nodes between them in the order of the file, so that
    nothing is merged over more than the distance.

    Args:
        network: in metres.
        distance: m; 0 merges what lies at one place.

    Raises:
        InputError: the distance is larger than the widest vessel.
    """
    widest = 2.0 * float(np.max(network.radius, initial=0.0, where=network.radius > 0))
    if distance > widest > 0:
        raise InputError(
            f"{network.name}: mesh.clean.merge is {distance:g} m, wider than the widest vessel "
            f"({widest:.3g} m); choose less"
        )
    reach = max(distance, ROUND_OFF * float(np.ptp(network.points, axis=0).max()))
    near = cKDTree(network.points).query_ball_point(network.points, reach)
    rank = np.where(network.degree == 2, 2, network.degree == 1)
    keeper = np.full(len(network.points), -1)
    for node in np.argsort(rank, kind="stable").tolist():
        if keeper[node] < 0:
            keeper[[other for other in near[node] if keeper[other] < 0]] = node
    merged = contract(network, keeper)
    gone = len(network.points) - len(merged.points)
    if not gone:
        return network
    moved = np.linalg.norm(network.points[keeper] - network.points, axis=1).max()
    return merged.noted(f"{gone} nodes merged with a neighbour at most {moved:.3g} m away")
