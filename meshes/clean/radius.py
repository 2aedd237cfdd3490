"""Radii that are missing are refused, or filled in; radii in steps are smoothed, if asked."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import diags_array
from scipy.sparse.linalg import spsolve

from meshes.errors import InputError
from meshes.trees.network import Network, branches

INTERPOLATE = "interpolate"
SAMPLES = 8  # of the smoothing filter to its width
MOST_SAMPLES = 1e6  # along a vessel, a hundred times the nodes of the longest one known


def missing_radius(network: Network) -> Bool[np.ndarray, " nodes"]:
    """Nodes whose radius is no positive number."""
    return ~(np.isfinite(network.radius) & (network.radius > 0))


def check_radius(network: Network) -> None:
    """Hold every radius to be a positive number.

    Raises:
        InputError: naming the first node that has none.
    """
    bad = np.flatnonzero(missing_radius(network))
    if bad.size:
        raise InputError(
            f"{network.name}: {network.called(int(bad[0]))} has radius {network.radius[bad[0]]:g}; "
            f"every node needs a positive radius ({bad.size} without): correct it, or fill in from "
            f"the neighbours with mesh.clean.zero_radius={INTERPOLATE}"
        )


def fill_radius(network: Network) -> Network:
    """Missing radii interpolated between the nearest known ones, linearly in length.

    Raises:
        InputError: a whole piece has no radius.
    """
    missing = missing_radius(network)
    if not missing.any():
        return network
    piece = network.pieces()
    bare = np.setdiff1d(piece, piece[~missing])
    if bare.size:
        node = int(np.flatnonzero(piece == bare[0])[0])
        raise InputError(
            f"{network.name}: no node of the piece with {network.called(node)} has a positive "
            "radius; give it radii, or leave the piece out"
        )
    radius = np.where(missing, 0.0, network.radius)
    conductance = network.graph(1.0 / np.maximum(network.length, 1e-300))
    laplacian = (diags_array(conductance.sum(axis=1)) - conductance).tocsr()
    load = -(laplacian @ radius)[missing]
    radius[missing] = spsolve(laplacian[missing][:, missing].tocsc(), load)
    first = network.called(int(np.flatnonzero(missing)[0]))
    return replace(network, radius=radius).noted(
        f"{missing.sum()} missing radii interpolated along the vessels, the first at {first}"
    )


def smooth_radius(network: Network, width: float) -> Network:
    """Radii filtered along every vessel by a Gaussian; tips, junctions and tapers stay.

    Args:
        network: in metres.
        width: standard deviation of the Gaussian over the vessel's mean radius.
    """
    radius = network.radius.copy()
    for run in branches(network):
        radius[run[1:-1]] = _smoothed(network.points[run], network.radius[run], width)[1:-1]
    change = radius - network.radius
    rms, most = float(np.sqrt(np.mean(change**2))), int(np.argmax(np.abs(change)))
    return replace(network, radius=radius).noted(
        f"radii smoothed over {width:g} radii along the vessels: changed by {rms:.3g} m (root mean "
        f"square), at most {abs(change[most]):.3g} m at {network.called(most)}"
    )


def _smoothed(
    points: Float[np.ndarray, "nodes 3"], radius: Float[np.ndarray, " nodes"], width: float
) -> Float[np.ndarray, " nodes"]:
    """Sampled evenly, extended oddly through both ends, filtered, and read at the nodes again."""
    s = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
    sigma = width * float(radius.mean())
    count = int(min(np.ceil(SAMPLES * s[-1] / sigma), MOST_SAMPLES))
    if count < 2:
        return np.interp(s, s[[0, -1]], radius[[0, -1]])
    even = np.linspace(0.0, s[-1], count + 1)
    extended = np.pad(np.interp(even, s, radius), count, mode="reflect", reflect_type="odd")
    smooth = gaussian_filter1d(extended, sigma / even[1], mode="nearest")[count : 2 * count + 1]
    return np.maximum(np.interp(s, even, smooth), radius.min())
