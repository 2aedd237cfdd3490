"""From a network to a tree: what is asked for is changed in one order, the rest is refused."""

from meshes.clean.cleaning import Cleaning
from meshes.clean.crop import crop
from meshes.clean.cycles import open_cycles
from meshes.clean.near import merge_near
from meshes.clean.piece import keep_piece
from meshes.clean.prune import prune
from meshes.clean.radius import check_radius, fill_radius, smooth_radius
from meshes.clean.root import choose_root
from meshes.clean.spacing import resample
from meshes.clean.subtree import subtree
from meshes.errors import InputError
from meshes.tree import VesselTree
from meshes.trees.doubles import check_doubles
from meshes.trees.network import Network, as_network, parents
from meshes.trees.survey import survey


def clean_tree(tree: VesselTree, cleaning: Cleaning) -> VesselTree:
    """A tree changed as asked; nodes are named by their numbers.

    Args:
        tree: m.
        cleaning: what to change.

    Raises:
        InputError: something asked for cannot be done; the message names place and remedy.
    """
    return _rooted(_cleaned(as_network(tree), cleaning))


def tree_of(network: Network, cleaning: Cleaning) -> VesselTree:
    """The one tree of a network, after the changes that are asked for.

    Args:
        network: in metres.
        cleaning: what to change.

    Raises:
        InputError: what is left is no single tree of vessels with positive radii, or something
            asked for cannot be done; the message names place and remedy.
    """
    cleaned = _cleaned(network, cleaning)
    return _rooted(cleaned.noted(*survey(cleaned)))


def _cleaned(network: Network, cleaning: Cleaning) -> Network:
    """One tree with its mouth."""
    if cleaning.merge is not None:
        network = merge_near(network, cleaning.merge)
    check_doubles(network)
    if cleaning.zero_radius is not None:
        network = fill_radius(network)
    check_radius(network)
    if cleaning.crop is not None:
        key = "root" if cleaning.piece is None else "piece"
        network = crop(network, cleaning.box(), getattr(cleaning, key), f"mesh.clean.{key}")
    network = open_cycles(keep_piece(network, cleaning.piece), cleaning.cycles)
    network = choose_root(network, cleaning.root)
    if (cleaning.subtree, cleaning.orders, cleaning.bifurcations) != (None, None, None):
        network = subtree(network, cleaning.subtree, cleaning.orders, cleaning.bifurcations)
    if cleaning.prune is not None or cleaning.prune_ratio is not None:
        network = prune(network, cleaning.prune or 0.0, cleaning.prune_ratio or 0.0)
    if cleaning.smooth_radius is not None:
        network = smooth_radius(network, cleaning.smooth_radius)
    if cleaning.spacing is not None:
        network = resample(network, cleaning.spacing)
    if not len(network.edges):
        raise InputError(f"{network.name}: holds no segment; a vessel needs two distinct nodes")
    return network


def _rooted(network: Network) -> VesselTree:
    """The network as a tree hanging on its mouth."""
    parent = parents(network, int(network.mouths[0]))
    labels = tuple(network.called(node) for node in range(len(parent)))
    return VesselTree(network.points, network.radius, parent, network.name, network.notes, labels)
