"""Mistakes in a configuration, told in one sentence: the key, what is wrong, what is near it."""

import math
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from meshes.errors import InputError

TARGET = "_target_"
PROPERTIES = (  # of cells: a number, a number for each region, or a component
    "flow.tissue.permeability",
    "flow.tissue.storage",
    "flow.sheath.conductance",
    "flow.pvs.permeability",
    "tracer.porosity",
    "tracer.production",
)
SHAPES = ("mesh.tissue", "mesh.shape")  # a number or nothing, or a component
ENDS = "flow.ends"  # holds what nobody names beforehand
ROUTE = "route"  # so may this: compartments
INSTRUMENTS = "observe"  # and so does this
CONCENTRATIONS = (".mouth", ".initial_pvs", ".initial_tissue")  # of tracers: likewise
PLUGGED = {  # what the extra for sweeps brings
    "hydra/launcher": ("joblib", "submitit_local", "submitit_slurm"),
    "hydra/sweeper": ("optuna",),
}
PRESSURE = ".pressure"  # how the key of a pressure at an end ends: a number, or a component


def check(config: DictConfig, usual: DictConfig) -> None:
    """Hold every value against the default of its key: known, given, a number where one belongs.

    Raises:
        InputError: naming the first key that fails.
    """
    try:
        own = config.get("animals") is not None  # then what is missing may be theirs
        given = OmegaConf.to_container(config, resolve=True, throw_on_missing=not own)
    except MissingMandatoryValue as error:
        raise InputError(
            f"{error.full_key} is not given; {_remedy(str(error.full_key))}"
        ) from error
    except OmegaConfBaseException as error:
        raise InputError(f"{error.full_key}: {_first_line(error)}") from error
    _compare(given, OmegaConf.to_container(usual, resolve=True), "")


def explain(error: Exception, conf: Path, config_name: str) -> str:
    """One sentence for an error of hydra's while it composes.

    Args:
        error: what hydra raised.
        conf: folder of the configuration, for the keys that exist.
        config_name: of the primary configuration.
    """
    message = str(error)
    if isinstance(error, OverrideParseException):
        return f"cannot read {error.override!r} ({_first_line(error)}); write key=value"
    if isinstance(error, MissingConfigException):
        wanted = Path(str(error.missing_cfg_file))
        group, choice = wanted.parent.as_posix(), wanted.name
        if group in PLUGGED and choice in PLUGGED[group]:
            return f"{group}={choice} is not installed; pip install 'glymphax[sweep]' brings it"
        options = error.options or sorted(path.stem for path in (conf / group).glob("*.yaml"))
        near = _near(choice, options)
        return f"{group}={choice}: no such choice; {near or 'use'} one of {', '.join(options)}"
    named = re.search(r"[Cc]ould not (?:override|delete|append to config)[^']*'([^']+)'", message)
    if isinstance(error, ConfigCompositionException) and named:
        key, homes = named[1].lstrip("+~"), known_keys(conf, config_name)
        if key == ENDS or key.startswith(f"{ENDS}."):
            name = key.removeprefix(ENDS) or ".distal_1"
            return f"{key} chooses single ends by name; write +flow/end@{ENDS}{name}=open"
        if key.startswith(f"{INSTRUMENTS}."):
            name = key.split(".")[1]
            return (
                f"{key} belongs to an instrument, and {name} is none yet; write "
                f"+observe/instrument@observe.{name}=photometry (or another of conf/observe/"
                "instrument)"
            )
        return _elsewhere(key, homes[key]) if homes.get(key) else _unknown(key, [*homes])
    if isinstance(error, MissingMandatoryValue) or "Missing mandatory value" in message:
        key = str(getattr(error, "full_key", "") or message.split(":")[-1].strip())
        return f"{key} is not given; {_remedy(key)}"
    if isinstance(error, HydraException | OmegaConfBaseException):
        return f"the configuration cannot be used: {_first_line(error)}"
    return message


def known_keys(conf: Path, config_name: str) -> dict[str, list[str]]:
    """Keys that can be set from the command line, dotted, and the groups.

    Returns:
        for each key the choices of groups that hold it, none if every configuration does.
    """
    primary = _load(conf / f"{config_name}.yaml")
    keys = [key for key in _dotted(primary, "") if not key.startswith("hydra")]
    homes: dict[str, list[str]] = {key: [] for key in (*keys, "hydra.run.dir")}
    for group, place in _parts(primary, "", ""):
        homes |= {f"{group}@{place}" if group.replace("/", ".") != place else group: []}
        if group != "experiment":
            for key, choices in _held(conf, group, place).items():
                homes.setdefault(key, []).extend(choices)
    return dict(sorted(homes.items()))


def _held(conf: Path, group: str, place: str) -> dict[str, list[str]]:
    """Keys that the choices of a group bring to a place, and which choices do."""
    paths = sorted((conf / group).glob("*.yaml"))
    at = "" if group.replace("/", ".") == place else f"@{place}"
    own: dict[str, list[str]] = {}
    held: dict[str, list[str]] = {}
    for path in paths:
        chosen = _load(path)
        for key in _dotted(chosen, f"{place}."):
            own.setdefault(key, []).append(f"{group}{at}={path.stem}")
        for base in chosen.get("defaults", []):  # a choice made from another one of its group
            if isinstance(base, str) and base != "_self_":
                for key in _dotted(_load(_home(conf, group, base)), f"{place}."):
                    if path.stem not in own.get(key, [""])[-1]:
                        own.setdefault(key, []).append(f"{group}{at}={path.stem}")
        for inner, where in _parts(chosen, group, place):
            name = f"{inner}@{where}" if inner.replace("/", ".") != where else inner
            own.setdefault(name, []).append(f"{group}{at}={path.stem}")
            for key, choices in _held(conf, inner, where).items():
                known = held.setdefault(key, [])
                known.extend(choice for choice in choices if choice not in known)
    return held | {
        key: [] if len(choices) == len(paths) else choices for key, choices in own.items()
    }


def _home(conf: Path, group: str, base: str) -> Path:
    """The file behind an entry of a defaults list: of the same group, or from the top."""
    name = base.partition("@")[0]
    return conf / f"{name[1:] if name.startswith('/') else f'{group}/{name}'}.yaml"


def _parts(tree: dict[str, Any], group: str, place: str) -> Iterator[tuple[str, str]]:
    """Groups in a defaults list, and the places they fill: `end@inlet` to flow/end, flow.inlet."""
    for entry in tree.get("defaults", []):
        name = next(iter(entry)) if isinstance(entry, dict) else ""
        if not name or name.startswith("override"):
            continue
        inner, _, where = name.partition("@")
        whole = inner[1:] if inner.startswith("/") else "/".join(filter(None, (group, inner)))
        where = where or inner.lstrip("/").replace("/", ".")
        yield whole, ".".join(filter(None, (place, where)))


def _compare(given: Any, default: Any, prefix: str) -> None:
    """Walk two trees together."""
    for key in default:
        if key not in given:
            raise InputError(f"{prefix}{key} is missing from the configuration; leave it there")
    for key, value in given.items():
        name = f"{prefix}{key}"
        if prefix == f"{ROUTE}." and key not in default and _component(value):
            continue
        if key not in default:
            raise InputError(_unknown(name, [f"{prefix}{known}" for known in default]))
        expected = default[key]
        if re.sub(r"^tracers\.\w+\.", "tracer.", name) in PROPERTIES:
            _check_property(name, value, expected)
        elif _component(value) and (
            name in SHAPES
            or (name.startswith("flow.") and name.endswith(PRESSURE))
            or (name.startswith("tracer") and name.endswith(CONCENTRATIONS))
        ):
            _compare_component(name, value, expected)
        elif isinstance(expected, dict) and not expected:
            if not isinstance(value, dict):
                raise InputError(f"{name} is {value!r}; give pairs, as in '{{name: value}}'")
        elif isinstance(expected, dict) and isinstance(value, dict):
            if value.get(TARGET) == expected.get(TARGET):
                _compare(value, expected, f"{name}.")
        elif isinstance(expected, bool):
            if not isinstance(value, bool):
                raise InputError(f"{name} is {value!r}; give true or false")
        elif isinstance(expected, int | float):
            _check_number(name, value, whole=isinstance(expected, int))
        elif isinstance(expected, dict | list) and not isinstance(value, type(expected)):
            raise InputError(f"{name} is {value!r}; give what {name} holds by default, changed")


def _component(value: Any) -> bool:
    return isinstance(value, dict) and TARGET in value


def _compare_component(name: str, value: dict[str, Any], expected: Any) -> None:
    if _component(expected) and value[TARGET] == expected[TARGET]:
        _compare(value, expected, f"{name}.")


def _check_property(name: str, value: Any, expected: Any) -> None:
    """A number, a number for each region, or a component."""
    if _component(value):
        _compare_component(name, value, expected)
    elif isinstance(value, dict) and value:
        for region, number in value.items():
            _check_number(f"{name}.{region}", number, whole=False)
    elif isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise InputError(
            f"{name} is {value!r}; give a number, or one for each region of the mesh, as in "
            f"{name}='{{grey: 1e-16, white: 5e-15}}'"
        )


def _check_number(name: str, value: Any, whole: bool) -> None:
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or math.isnan(value):
        raise InputError(f"{name} is {value!r}; give a {'whole ' if whole else ''}number")


def _unknown(key: str, keys: list[str]) -> str:
    near = get_close_matches(key, keys, n=3, cutoff=0.6)
    if not near and "." in key:  # the right leaf in the wrong room
        near = [known for known in keys if known.split(".")[-1] == key.split(".")[-1]][:3]
    if not near:
        room = key.split(".")[0]
        near = [known for known in keys if known.startswith(f"{room}.")][:6]
    hint = f"did you mean {' or '.join(near)}?" if near else "--cfg job shows every key"
    return f"unknown key {key!r} in the configuration; {hint}"


def _elsewhere(key: str, choices: list[str]) -> str:
    return f"{key} belongs to {' or '.join(choices)}; add that to the command too"


def _near(choice: str, options: Sequence[str]) -> str:
    near = get_close_matches(choice, options, n=1)
    return f"did you mean {near[0]}? It is" if near else ""


def _remedy(key: str) -> str:
    return f"add {key}=<value> to the command"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].strip()


def _load(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def _dotted(tree: dict[str, Any], prefix: str) -> Iterator[str]:
    for key, value in tree.items():
        if key == TARGET or (key == "defaults"):
            continue
        yield f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{key}.")
