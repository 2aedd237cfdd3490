"""What a route must be before anything is compiled.

Host only. Every refusal names the key, the value, the place and the remedy.
"""

import re
import warnings
from graphlib import CycleError
from typing import Any

import numpy as np

from meshes.errors import InputError
from solver.geometry.space import Space
from solver.route.joins import MOUTH, OUTER, compartments_of, ends_named, reservoir_ends
from solver.route.kinds import OUTSIDE, Compartment, Compartments, Inflow, Renewed, Route

TAKEN = ("pvs", "tissue", "sheath", "uptake", MOUTH, OUTER, OUTSIDE)
VENOUS = (
    "; a venous space comes with mesh.veins.path=<tree of veins> beside the arteries, or in a "
    "volume mesh with perivascular cells tagged as venous, and without one the arteries' far ends "
    "may lead on: route.{}.ends=[distal] flow/end@flow.distal=resistance"
)


def check_route(route: Route, space: Space) -> None:
    """Refuse a route that a space cannot have.

    Raises:
        InputError: naming key, value, place and remedy.
    """
    if isinstance(route, Inflow):
        warnings.warn(
            "route=inflow stops diffusion through the mouth for half of every cycle, so that a "
            "small motion brings less tracer than none; route=subarachnoid has a renewal time",
            stacklevel=3,
        )
    if isinstance(route, Renewed | Inflow):
        return
    if not isinstance(route, Compartments):
        raise InputError(
            f"route is {type(route).__name__}, which does not belong there; use route=renewed, "
            "inflow, subarachnoid or whole"
        )
    if not route.compartments:
        raise InputError("route has no compartments; use route=renewed for none")
    for name, place in route.compartments.items():
        _check_name(name, space)
        _check_numbers(name, place)
        _check_ends(name, place, space)
    _check_chain(route)
    _check_joined_once(route, space)


def _check_name(name: str, space: Space) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in (*TAKEN, *space.end_names):
        raise InputError(
            f"route.{name}: {name!r} cannot name a compartment; use small letters and underscores, "
            f"and none of {', '.join((*TAKEN, *space.end_names))}"
        )


def _check_numbers(name: str, place: Any) -> None:
    if not isinstance(place, Compartment):
        raise InputError(f"route.{name} is {place!r}; give a solver.route.Compartment")
    key = f"route.{name}"
    _above(f"{key}.volume", place.volume, "m3, above zero and finite", zero=False, infinite=False)
    _above(f"{key}.renewal", place.renewal, "s, above zero; inf never renews", zero=False)
    _above(f"{key}.source", place.source, "1, relative to the mouth; 0 is clean", infinite=False)
    _above(f"{key}.initial", place.initial, "1; 0 is clean", infinite=False)


def _above(key: str, value: Any, remedy: str, *, zero: bool = True, infinite: bool = True) -> None:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{key} is {value!r}; give one number ({remedy})") from error
    low = number >= 0 if zero else number > 0
    if not low or (np.isinf(number) and not infinite):
        raise InputError(f"{key} is {number:g}; give a number of {remedy}")


def _check_ends(name: str, place: Compartment, space: Space) -> None:
    """Every end that a compartment names is there."""
    if isinstance(place.ends, str):
        raise InputError(f"route.{name}.ends is {place.ends!r}; give a list, as in [inlet]")
    faces = space.outer.vertices.shape[0] if space.tissue.vertices else 0
    there = (*space.end_names, *((OUTER,) if faces else ()))
    for word in place.ends:
        if not set(ends_named(word, space)) & set(there):
            raise InputError(
                f"route.{name}.ends: {space.fluid_material.name} has no end {word!r}; it has "
                f"{', '.join(there)}" + (VENOUS.format(name) if word.startswith("venous") else "")
            )


def _check_chain(route: Compartments) -> None:
    """Fluid passes on to what is there, never in a circle, and something reaches everyone."""
    names = ", ".join(compartments_of(route))
    for name, place in route.compartments.items():
        if place.into is not None and place.into not in (*route.compartments, OUTSIDE):
            raise InputError(
                f"route.{name}.into is {place.into!r}, which is no compartment; use {OUTSIDE}, "
                f"null (it keeps its fluid) or one of {names}"
            )
    try:
        order = route.downstream
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise InputError(
            f"route: fluid goes in a circle, {circle}; let one of them pass it on to {OUTSIDE}"
        ) from error
    fed = {place.into for place in route.compartments.values()}
    for name in order:
        if not route.compartments[name].ends and name not in fed:
            raise InputError(
                f"route.{name} is joined to no end and no compartment passes fluid on to it; give "
                f"route.{name}.ends, or leave it out"
            )


def _check_joined_once(route: Compartments, space: Space) -> None:
    """No end opens into two compartments."""
    owner: dict[str, str] = {}
    for name, ends in reservoir_ends(route, space).items():
        for end in ends:
            if end in owner:
                raise InputError(
                    f"route: the end {end} is joined to {owner[end]} and to {name}; an end opens "
                    "into one compartment, so leave it out of one of them"
                    if owner[end] != name
                    else f"route.{name}.ends names the end {end} twice; name it once"
                )
            owner[end] = name
