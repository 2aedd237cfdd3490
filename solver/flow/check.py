"""What a flow must be before anything is compiled: numbers in their range, ends that exist, a way
out for the volume that a moving wall displaces.

Host only. Every refusal names the key, the value, the place and the remedy. Units as in the
records: viscosity Pa s, permeability m2, storage 1/Pa, conductance m/(Pa s), pressures Pa.
"""

from typing import Any, get_args

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from meshes.errors import InputError
from solver.flow.brinkman import Pvs
from solver.flow.ends import Closed, Open, Resistance, Sink, Windkessel
from solver.flow.inertia import Quasisteady, Unsteady
from solver.flow.outer_wall import Prescribed, Rigid, Spring
from solver.flow.sheath import vertex_conductance
from solver.flow.stokes_darcy import Coarse, Precision, StokesDarcy, end_kinds
from solver.flow.waveform import Oscillation, Trace
from solver.geometry.material import check_property, scalar_on_cells
from solver.geometry.space import Space

USUAL_ENDS = ("inlet", "distal", "venous_outlet", "venous_distal")
END_CHOICES = {Open: "open", Closed: "closed", Resistance: "resistance", Windkessel: "windkessel"}
OUTER_CHOICES = {Open: "open", Closed: "closed", Sink: "sink"}
WALL_CHOICES = {Rigid: "rigid", Spring: "spring", Prescribed: "prescribed"}
INERTIA_CHOICES = {Quasisteady: "quasisteady", Unsteady: "unsteady"}


def check_flow(flow: StokesDarcy, space: Space, moving: bool) -> None:
    """Refuse a flow that a space cannot have.

    Args:
        moving: whether a wall moves, of the artery or of the sheath as prescribed.

    Raises:
        InputError: naming key, value, place and remedy.
    """
    _check_numbers(flow)
    _check_materials(flow, space)
    _check_walls(flow)
    _check_ends(flow, space)
    _check_outer(flow, space)
    if moving:
        _check_way_out(flow, space)


def _check_numbers(flow: StokesDarcy) -> None:
    """Numbers and words that hold everywhere."""
    _positive("flow.viscosity", flow.viscosity, "Pa s; cerebrospinal fluid has 0.7e-3")
    _finite("flow.gradient", flow.gradient, "Pa/m; 0: none")
    _positive("flow.stabilisation", flow.stabilisation, "0.2 is usual")
    _positive("flow.tolerance", flow.tolerance, "1e-6 is usual")
    if flow.derivative_tolerance is not None:
        _positive("flow.derivative_tolerance", flow.derivative_tolerance, "1e-4 is usual")
    for name in ("limit", "memory"):
        value = getattr(flow, name)
        if not value >= 1:
            raise InputError(f"flow.{name} is {value!r}; give a whole number of at least 1")
    for name, words in (("coarse", get_args(Coarse)), ("precision", get_args(Precision))):
        value = getattr(flow, name)
        if value not in words:
            raise InputError(f"flow.{name} is {value!r}; use one of {', '.join(words)}")


def _check_materials(flow: StokesDarcy, space: Space) -> None:
    """What the cells are made of: every region has a value in its range."""
    tissue, fluid = space.tissue_material, space.fluid_material
    check_property("flow.tissue.permeability", flow.tissue.permeability, tissue)
    check_property("flow.tissue.storage", flow.tissue.storage, tissue, zero=True, scalar=True)
    if isinstance(flow.pvs, Pvs):
        check_property(
            "flow.pvs.permeability", flow.pvs.permeability, fluid, scalar=True, infinite=True
        )
    check_property(
        "flow.sheath.conductance",
        flow.sheath.conductance,
        fluid,
        zero=True,
        scalar=True,
        infinite=True,
    )
    _at_least_zero("flow.sheath.slip", flow.sheath.slip, "0 slips freely, inf not at all")


def _check_walls(flow: StokesDarcy) -> None:
    """The outer wall and inertia: known kinds with numbers in their range."""
    wall, inertia = flow.outer_wall, flow.inertia
    _known("flow.outer_wall", wall, WALL_CHOICES, "flow/outer_wall")
    _known("flow.inertia", inertia, INERTIA_CHOICES, "flow/inertia")
    if isinstance(wall, Spring):
        remedy = "Pa, 1500 for brain; flow/outer_wall=rigid for one that never gives way"
        _positive("flow.outer_wall.modulus", wall.modulus, remedy)
        _finite("flow.outer_wall.reference", wall.reference, "Pa; 0 is usual")
    if isinstance(wall, Prescribed):
        for name in ("amplitude", "frequency", "phase"):
            _finite(f"flow.outer_wall.{name}", getattr(wall, name), "0 is allowed")
        speed = "m/s; inf moves the whole sheath in phase"
        _positive("flow.outer_wall.speed", wall.speed, speed, infinite=True)
    if isinstance(inertia, Unsteady):
        _positive("flow.inertia.density", inertia.density, "kg/m3, 1000 for cerebrospinal fluid")


def _check_ends(flow: StokesDarcy, space: Space) -> None:
    """Ends by their usual keys and by name."""
    there = ", ".join(space.end_names) or "none"
    for name in flow.ends:
        if name not in space.end_names:
            raise InputError(
                f"flow.ends.{name}: {space.fluid_material.name} has no end {name!r}; its ends are "
                f"{there}"
            )
    named = {f"ends.{name}": kind for name, kind in flow.ends.items()}
    for name, kind in ({name: getattr(flow, name) for name in USUAL_ENDS} | named).items():
        key = f"flow.{name}"
        _known(key, kind, END_CHOICES, f"{'+' if '.' in name else ''}flow/end@{key}")
        _check_end(key, kind)


def _check_end(key: str, kind: Any) -> None:
    """The numbers of one end."""
    if isinstance(kind, Resistance | Windkessel):
        remedy = f"Pa s/m3; flow/end@{key}=closed lets nothing through, =open resists nothing"
        _positive(f"{key}.resistance", kind.resistance, remedy)
    if isinstance(kind, Windkessel):
        _at_least_zero(f"{key}.compliance", kind.compliance, "m3/Pa", infinite=False)
    if not isinstance(kind, Closed):
        _check_pressure(f"{key}.pressure", kind.pressure)


def _check_pressure(key: str, pressure: Any) -> None:
    """A number, an oscillation, or a trace in order."""
    if isinstance(pressure, Oscillation):
        for name in ("mean", "amplitude", "frequency", "phase"):
            _finite(f"{key}.{name}", getattr(pressure, name), "0 is allowed")
    elif isinstance(pressure, Trace):
        times, values = np.asarray(pressure.times), np.asarray(pressure.values)
        if times.shape != values.shape or times.ndim != 1 or times.size < 2:
            raise InputError(f"{key}: the trace has {times.size} times and {values.size} values")
        if not np.isfinite([times, values]).all() or not (np.diff(times) > 0).all():
            raise InputError(
                f"{key}: the times of the trace must increase and its values be finite"
            )
    elif not callable(pressure):
        _finite(key, pressure, "Pa; or a waveform, as in flow/waveform@" + key + "=oscillation")


def _check_outer(flow: StokesDarcy, space: Space) -> None:
    """The tissue's outer faces: a known kind, and there where something may pass."""
    _known("flow.outer", flow.outer, OUTER_CHOICES, "flow/end@flow.outer")
    if isinstance(flow.outer, Closed):
        return
    choice = OUTER_CHOICES[type(flow.outer)]
    if not space.tissue.vertices or not space.outer.vertices.shape[0]:
        lacks = "outer tissue faces" if space.tissue.vertices else "tissue"
        raise InputError(
            f"flow.outer is {choice}, but {space.fluid_material.name} has no {lacks}; use "
            "flow/end@flow.outer=closed, or give a mesh with tissue whose outer faces are tagged "
            "tissue_outer"
        )
    if isinstance(flow.outer, Sink):
        remedy = "m/(Pa s), 2e-11 to 3e-10; flow/end@flow.outer=closed lets nothing through"
        _positive("flow.outer.conductance", flow.outer.conductance, remedy)
    _check_pressure("flow.outer.pressure", flow.outer.pressure)


def _check_way_out(flow: StokesDarcy, space: Space) -> None:
    """Every piece of the PVS whose wall moves needs somewhere for its volume to go.

    An outer wall on springs is no way out: what it takes up is settled before the rates are made
    to balance exactly, and the network on which they are balanced (`solver.flow.project`) leads
    out only through ends and tissue.
    """
    fluid, tissue = space.fluid.vertices, space.tissue.vertices
    inside, outside = np.asarray(space.pairs.fluid), np.asarray(space.pairs.tissue)
    leaky = np.asarray(vertex_conductance(flow.sheath, space))[: len(inside)] > 0
    links = np.concatenate(
        [
            np.asarray(space.fluid.edges),
            np.asarray(space.tissue.edges) + fluid,
            np.stack([inside[leaky], outside[leaky] + fluid]),
        ],
        axis=1,
    )
    graph = coo_array((np.ones(links.shape[1]), tuple(links)), shape=(fluid + tissue,) * 2)
    count, system = connected_components(graph, directed=False)

    exits = np.zeros(fluid + tissue, dtype=bool)
    kinds = end_kinds(flow, space)
    for name, kind in kinds.items():
        exits[np.asarray(space.end(name).vertices)] |= not isinstance(kind, Closed)
    if not isinstance(flow.outer, Closed):
        exits[fluid:] |= np.asarray(space.tissue_outer) > 0
    if tissue:
        storage = np.asarray(scalar_on_cells(flow.tissue.storage, space.tissue_material))
        stores = np.asarray(space.tissue.cells)[:, storage > 0].ravel()
        exits[fluid + stores] = True

    moved = np.asarray(space.arterial) > 0
    shut = set(range(count)) - set(system[exits].tolist())
    for piece in sorted(shut & set(system[:fluid][moved].tolist())):
        closed = [
            name for name in kinds if system[np.asarray(space.end(name).vertices)[0]] == piece
        ]
        behind = np.isin(inside, np.flatnonzero(system[:fluid] == piece))
        raise InputError(
            _nowhere(flow, space, closed, bool(behind.any()), bool(leaky[behind].any()))
        )


def _nowhere(flow: StokesDarcy, space: Space, closed: list[str], tissue: bool, leaky: bool) -> str:
    """Why the volume of a closed piece has nowhere to go, and what would let it."""
    ends = f"the ends {', '.join(closed)} are closed" if closed else "it has no ends"
    if not tissue:
        around, ways = "there is no tissue round it", []
    elif not leaky:
        around = "its sheath is sealed (flow.sheath.conductance = 0)"
        ways = ["flow/sheath=endfeet"]
    else:
        around = (
            "the tissue neither stores (flow.tissue.storage = 0) nor drains (flow.outer closed)"
        )
        ways = ["flow.tissue.storage=1e-4", "flow/end@flow.outer=open"]
    if closed:
        usual = closed[0].rstrip("0123456789").rstrip("_")
        ways.insert(0, f"flow/end@flow.{usual}=open")
    spring = (
        "; an outer wall on springs does not count, since the balances need a way out that "
        "is not the wall itself"
        if isinstance(flow.outer_wall, Spring)
        else ""
    )
    remedy = f"use {' or '.join(ways)}" if ways else "tag an end of the mesh as inlet"
    return (
        f"{space.fluid_material.name}: the wall moves, but the fluid has nowhere to go: {ends} and "
        f"{around}{spring}; {remedy}"
    )


def _known(key: str, kind: Any, choices: dict[type, str], group: str) -> None:
    if type(kind) not in choices:
        raise InputError(
            f"{key} is {type(kind).__name__}, which does not belong there; use {group}="
            f"{' or '.join(choices.values())}"
        )


def _finite(key: str, value: Any, remedy: str) -> None:
    if not np.isfinite(_single(key, value)):
        raise InputError(f"{key} is {_single(key, value):g}; give a finite number ({remedy})")


def _positive(key: str, value: Any, remedy: str, *, infinite: bool = False) -> None:
    number = _single(key, value)
    if not number > 0 or (np.isinf(number) and not infinite):
        finite = "" if infinite else "finite "
        raise InputError(f"{key} is {number:g}; give a {finite}number above zero ({remedy})")


def _at_least_zero(key: str, value: Any, remedy: str, *, infinite: bool = True) -> None:
    number = _single(key, value)
    if not number >= 0 or (np.isinf(number) and not infinite):
        finite = "" if infinite else "finite "
        raise InputError(f"{key} is {number:g}; give a {finite}number of zero or more ({remedy})")


def _single(key: str, value: Any) -> float:
    """One number; whatever else is refused."""
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{key} is {value!r}; give one number") from error
