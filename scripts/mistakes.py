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


def check(config: DictConfig, usual: DictConfig) -> None:
    """Hold every value against the default of its key: known, given, a number where one belongs.

    Raises:
        InputError: naming the first key that fails.
    """
    try:
        given = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
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
    if isinstance(error, MissingConfigException) and error.options is not None:
        wanted = Path(str(error.missing_cfg_file))
        group, choice = wanted.parent.as_posix(), wanted.name
        near = _near(choice, error.options)
        return (
            f"{group}={choice}: no such choice; {near or 'use'} one of {', '.join(error.options)}"
        )
    named = re.search(r"[Cc]ould not (?:override|delete|append to config)[^']*'([^']+)'", message)
    if isinstance(error, ConfigCompositionException) and named:
        return _unknown(named[1].lstrip("+~"), known_keys(conf, config_name))
    if isinstance(error, MissingMandatoryValue) or "Missing mandatory value" in message:
        key = str(getattr(error, "full_key", "") or message.split(":")[-1].strip())
        return f"{key} is not given; {_remedy(key)}"
    if isinstance(error, HydraException | OmegaConfBaseException):
        return f"the configuration cannot be used: {_first_line(error)}"
    return message


def known_keys(conf: Path, config_name: str) -> list[str]:
    """Keys that can be set from the command line, dotted, and the groups."""
    primary = _load(conf / f"{config_name}.yaml")
    keys = [key for key in _dotted(primary, "") if not key.startswith(("defaults", "hydra"))]
    listed = [next(iter(entry)) for entry in primary.get("defaults", []) if isinstance(entry, dict)]
    groups = [group for group in listed if not group.startswith("override")]
    for group in groups:
        for path in sorted((conf / group).glob("**/*.yaml")):
            place = path.parent.relative_to(conf).parts
            if group != "experiment" and len(place) == 1:
                keys += _dotted(_load(path), f"{group}.")
    return sorted({*keys, *groups, "hydra.run.dir"})


def _compare(given: Any, default: Any, prefix: str) -> None:
    """Walk two trees together."""
    for key in default:
        if key not in given:
            raise InputError(f"{prefix}{key} is missing from the configuration; leave it there")
    for key, value in given.items():
        name = f"{prefix}{key}"
        if key not in default:
            raise InputError(_unknown(name, [f"{prefix}{known}" for known in default]))
        expected = default[key]
        if isinstance(expected, dict) and isinstance(value, dict):
            if value.get(TARGET) == expected.get(TARGET):
                _compare(value, expected, f"{name}.")
        elif isinstance(expected, bool):
            if not isinstance(value, bool):
                raise InputError(f"{name} is {value!r}; give true or false")
        elif isinstance(expected, int | float):
            _check_number(name, value, whole=isinstance(expected, int))
        elif isinstance(expected, dict | list) and not isinstance(value, type(expected)):
            raise InputError(f"{name} is {value!r}; give what {name} holds by default, changed")


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
