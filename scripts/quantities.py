"""Numbers with units in a configuration: `50 um`, `0.02 Hz`, `4 mmHg` become SI at the door.

What unit a key has is written once, in the comment beside it in `conf/`: of a component by the
name it is built from and the field, so that it holds wherever the component stands; of any other
key by its place. Units are read by pint, exactly: `50 um` is 5e-05.
"""

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, ListConfig, OmegaConf

from meshes.errors import InputError

from .quoting import QUANTITY

TARGET = "_target_"
FREED = "free"  # of pvs-fit: what stands under a key there has the unit of that key
SYMBOL = r"(?:m|s|Pa|Hz|rad|kg)\d?"
UNIT = re.compile(
    rf"(1(?!/|\d|\.)|(?:1/)?{SYMBOL}(?:[ /](?:{SYMBOL}|\({SYMBOL}(?: {SYMBOL})*\)))*)(?=[\s,;]|$)"
)
SIZES = {  # by unit: least and largest, wider than any brain but not than a slip of units; as typed
    "m": (1e-9, 1.0, "3 um"),
    "s": (1e-6, 1e8, "2 min"),
    "Hz": (1e-8, 1e6, "0.02 Hz"),
    "Pa": (1e-9, 1e7, "4 mmHg"),
    "m/s": (1e-12, 1e4, "50 um/s"),
    "m2": (1e-24, 1e-4, "1e-17 m^2"),
    "m2/s": (1e-18, 1e-4, "140 um^2/s"),
    "m3": (1e-24, 1e-2, "1 nL"),
    "Pa s": (1e-6, 1e2, "0.7 mPa s"),
    "1": (0.0, math.inf, "20 %"),
}


def settle(config: DictConfig, conf: Path) -> None:
    """Put SI numbers in the place of quantities, and check the sizes of all numbers.

    Args:
        config: as composed; changed in place.
        conf: folder of the configuration, whose comments say the units.

    Raises:
        InputError: naming the key, the unit it has and what to write.
    """
    table = units_of(conf)
    for node, key, where, named in _leaves(config, "", ("", "")):
        expected = _unit(config, table, where, named)
        if expected is None:
            continue
        value = node[key]
        if isinstance(value, str) and (found := QUANTITY.fullmatch(value.strip())):
            node[key] = value = _in_si(where, value.strip(), found[1], expected)
        if isinstance(value, int | float) and not isinstance(value, bool):
            _check_size(where, value, expected)


@cache
def units_of(conf: Path) -> dict[tuple[str, str], str]:
    """Units as the comments of `conf/` say them: by component and field, or by `""` and place."""
    found: dict[tuple[str, str], str] = {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(conf.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=loader)
        if isinstance(node, yaml.MappingNode):
            top = path.relative_to(conf).parent.as_posix().replace("/", ".")
            lines = text.splitlines()
            whole = path.parent == conf or "@package _global_" in lines[0]
            found |= dict(_said(node, lines, ("", "" if whole else f"{top}.")))
    return found


def _said(
    node: yaml.MappingNode, lines: list[str], named: tuple[str, str]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Fields of a mapping in a file, with their units."""
    fields = {key.value: value for key, value in node.value}
    if TARGET in fields:
        named = (fields[TARGET].value, "")
    for key, value in node.value:
        owner, place = named[0], f"{named[1]}{key.value}"
        if isinstance(value, yaml.MappingNode):
            yield from _said(value, lines, (owner, f"{place}."))
        begin, end = key.end_mark, value.end_mark
        behind = end.column if end.line == begin.line else begin.column
        comment = lines[begin.line][behind:].partition("#")[2].strip()
        if unit := UNIT.match(comment):
            yield (owner, place), unit[1]


def _leaves(
    node: Any, place: str, named: tuple[str, str]
) -> Iterator[tuple[Any, Any, str, tuple[str, str]]]:
    """Places of values: what holds each, its key there, its place, its component and field."""
    mapping = isinstance(node, DictConfig)
    if mapping and isinstance(node.get(TARGET), str):
        named = (node[TARGET], "")
    for key in list(node) if mapping else range(len(node)):
        if OmegaConf.is_missing(node, key):
            continue
        value = node[key]
        where = f"{place}.{key}" if place and mapping else f"{key}" if mapping else place
        field = (named[0], f"{named[1]}.{key}".lstrip(".")) if mapping else named
        if isinstance(value, DictConfig | ListConfig):
            yield from _leaves(value, where, field)
        else:
            yield node, key, where, field


def _unit(
    config: DictConfig, table: dict[tuple[str, str], str], where: str, named: tuple[str, str]
) -> str | None:
    """Of the key itself or of what it stands under: a number for each region, bounds of a fit."""
    owner, field = named
    if where.startswith(f"{FREED}."):
        owner, field = _freed(config, where.removeprefix(f"{FREED}."))
    while field:
        if (owner, field) in table:
            return table[owner, field]
        field = field.rpartition(".")[0]
    return None


def _freed(config: DictConfig, where: str) -> tuple[str, str]:
    """Component and field of a number that a fit frees; one animal's stands behind its name."""
    owner, place, node = "", "", config
    steps = where.split(".")
    if config.get("animals") is not None and steps[0] not in config:
        steps = steps[1:]
    for step in steps:
        if not isinstance(node, DictConfig) or step not in node:
            break
        if isinstance(node.get(TARGET), str):
            owner, place = node[TARGET], ""
        node, place = node[step], f"{place}.{step}".lstrip(".")
    return owner, place


def _in_si(where: str, value: str, unit: str, expected: str) -> float:
    """The number behind a quantity."""
    from pint import DimensionalityError, UndefinedUnitError  # late: few commands need it

    cause: Exception
    registry = _registry()
    number = Decimal(value.removesuffix(unit).strip())
    try:
        given = registry.Quantity(number, registry.parse_units(_powers(unit)))
        return float(given.to(registry.parse_units(_powers(expected))).magnitude)
    except UndefinedUnitError as error:
        reason, cause = f": there is no unit {unit!r}", error
    except DimensionalityError as error:
        reason, cause = f", which is no number of {_name(expected)}", error
    except (ValueError, TypeError, AttributeError, AssertionError) as error:
        reason, cause = f": {unit!r} cannot be read", error
    raise InputError(f"{where} is {value!r}{reason}; {_remedy(where, expected)}") from cause


@cache
def _registry() -> Any:
    from pint import UnitRegistry

    return UnitRegistry(non_int_type=Decimal, cache_folder=None)


def _powers(unit: str) -> str:
    """`Pa s/m3` as pint reads it: `Pa s/m**3`; and `1` as no unit."""
    plain = unit.replace("²", "2").replace("³", "3").replace("^", "").replace("·", " ")
    plain = re.sub(r"(?<=[^\W\d_])(-?\d+)", r"**\1", plain.replace("**", ""))
    return "dimensionless" if plain == "1" else plain


def _check_size(where: str, value: float, expected: str) -> None:
    low, high, typed = SIZES.get(expected, (0.0, math.inf, ""))
    if value and not math.isinf(value) and not low <= abs(value) <= high:
        raise InputError(
            f"{where} is {value:g} {expected}, outside of {low:g} to {high:g} {expected}; numbers "
            f"without a unit are in {_name(expected)}: write one with its unit, as in "
            f"{where}='{typed}'"
        )


def _name(unit: str) -> str:
    return "no unit" if unit == "1" else unit


def _remedy(where: str, expected: str) -> str:
    *_, example = SIZES.get(expected, ("", f"1 {expected}"))
    return f"write a number of {_name(expected)}, or one with a unit as in {where}='{example}'"
