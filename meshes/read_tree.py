"""Read a vessel tree from a file of any known format. Metres out, whatever went in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from meshes.clean.cleaning import Cleaning
from meshes.clean.order import tree_of
from meshes.clean.radius import missing_radius
from meshes.errors import InputError
from meshes.files import existing_file
from meshes.lengths import check_extent, check_radii, metres, suggestion
from meshes.tree import VesselTree
from meshes.trees.dgf import read_dgf
from meshes.trees.doubles import join_doubles
from meshes.trees.graph import network_of, read_graph
from meshes.trees.lines import read_lines
from meshes.trees.network import Network
from meshes.trees.swc import read_swc
from meshes.trees.table import read_table

FORMATS = {
    ".swc": read_swc,
    ".vtk": read_lines,
    ".vtp": read_lines,
    ".vtu": read_lines,
    ".dgf": read_dgf,
    ".csv": read_table,
    ".graphml": read_graph,
    ".gml": read_graph,
}


def read_tree(
    path: str | Path, units: str | None = None, clean: Cleaning | None = None
) -> VesselTree:
    """Read a vessel tree; nodes keep the order of the file.

    Args:
        path: .swc; .vtk, .vtp or .vtu with lines and a radius; .dgf; ..nodes.csv with ..edges.csv
            beside it; .graphml or .gml.
        units: length unit of coordinates and radii in the file: um, mm, cm, m or nm. Needed unless
            the file says it (columns of a CSV, `units` of a graph); SWC files are micrometres
            unless told otherwise.
        clean: what to change; nothing by default.

    Returns:
        The tree in metres; its notes say what was chosen, merged or changed.

    Raises:
        InputError: the file cannot be used; the message names place and remedy.
    """
    path = existing_file(path)
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"{path}: unknown tree format {suffix!r}; use one of {', '.join(FORMATS)}")
    if units is not None:
        metres(units, str(path))
    network = FORMATS[suffix](path)
    if units is None and suffix == ".swc":
        units = "um"
        network = network.noted("no unit given: micrometres, the SWC convention")
    tree = tree_of(in_metres(network, units), clean or Cleaning())
    return replace(tree, name=path.name)


def tree_from_networkx(
    graph: Any, units: str | None = None, clean: Cleaning | None = None
) -> VesselTree:
    """The vessel tree of a networkx graph; nodes keep its order.

    Args:
        graph: nodes with `x`, `y`, `z` or `pos`; a radius or diameter at nodes or edges.
        units: length unit of both; the graph's own attribute `units` by default.
        clean: what to change; nothing by default.

    Raises:
        InputError: the graph cannot be used; the message names place and remedy.
    """
    name = str(graph.graph.get("name") or "graph")
    return tree_of(in_metres(network_of(graph, name), units), clean or Cleaning())


def in_metres(network: Network, units: str | None = None) -> Network:
    """The network in metres, nodes joined that segments of no length join.

    Args:
        network: as its file tells it.
        units: its length unit, if it does not say so itself.

    Raises:
        InputError: no unit is known, or two disagree, or the radii are not those of vessels.
    """
    network = join_doubles(network)
    if len(network.points) < 2:
        raise InputError(
            f"{network.name}: all its nodes coincide; a vessel needs two distinct nodes"
        )
    if (
        units
        and network.units
        and metres(units, network.name) != metres(network.units, network.name)
    ):
        raise InputError(
            f"{network.name}: says its unit is {network.units}, mesh.units says {units}; leave out "
            "mesh.units, or correct the file"
        )
    units = units or network.units
    if units is None:
        known = network.radius[~missing_radius(network)]
        which = suggestion(float(np.median(known))) if len(known) else "one of um, mm, cm, m, nm"
        raise InputError(
            f"{network.name}: its length unit is not written in it; set mesh.units, for its median "
            f"radius {which}"
        )
    check_radii(network.radius, network.called, units, network.name)
    check_extent(network.points, network.called, units, network.name)
    size = metres(units, network.name)
    return replace(network, points=network.points * size, radius=network.radius * size, units="m")
