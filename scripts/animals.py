"""Several animals of a fit: each is the composed configuration with some values of its own."""

import copy
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from meshes.errors import InputError

from .command import CONF, ROOMS, usual
from .mistakes import check
from .quantities import settle

OWN = ("mesh", *ROOMS, "observe", "run", "data", "more")  # what an animal may have otherwise
SHOWN = "animals='{m1: {data.path: m1.csv, signal.path: m1_ne.csv}, m2: {data.path: m2.csv}}'"


def animals_of(config: DictConfig) -> dict[str, DictConfig]:
    """The configuration of every animal, by name; without animals the one there is, of no name.

    Raises:
        InputError: fewer than two animals, a name that is none, values that an animal cannot have
            or that its model refuses, an animal without data, one with the data of another.
    """
    if config.animals is None:
        return {"": config}
    given = _given(config.animals)
    if config.task != "fit":
        raise InputError(f"animals are for task=fit, and task is {config.task}; take them away")
    if config.more:
        raise InputError("more is given beside animals; say whose it is, as animals.m1.more")
    if len(given) < 2:
        only = f"{next(iter(given))} alone" if given else "none"
        raise InputError(f"animals holds {only}; give two or more, or their keys without animals")
    expected = usual("fit")
    found = {name: _own(config, expected, name, values) for name, values in given.items()}
    names = [*found]
    for at, name in enumerate(names):
        for other in names[:at]:
            if found[name].data == found[other].data:
                raise InputError(f"animals.{name} has the data of {other}; give each its own")
    return found


def _given(animals: Any) -> dict[str, Any]:
    """Values by animal, from the command line or a YAML file."""
    if isinstance(animals, str):
        path = Path(animals)
        try:
            animals = OmegaConf.load(path)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); write {SHOWN}") from error
        except (yaml.YAMLError, OmegaConfBaseException, UnicodeDecodeError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{path}: is no YAML file of animals: {reason}") from error
    if not isinstance(animals, DictConfig):
        raise InputError(f"animals is {animals!r}; write {SHOWN}, or give a YAML file")
    given = {str(name): animals[name] for name in animals}
    for name in given:
        if not name.isidentifier() or name in OWN:
            why = "taken by the model" if name in OWN else "no single word"
            raise InputError(f"animals.{name}: the name is {why}; choose another, as in animals.m1")
    return given


def _own(config: DictConfig, expected: DictConfig, name: str, values: Any) -> DictConfig:
    """The configuration of one animal."""
    if not isinstance(values, DictConfig):
        raise InputError(f"animals.{name} is {values!r}; write {SHOWN}")
    rooms = {str(key).partition(".")[0]: str(key) for key in values}
    for room, key in rooms.items():
        if room in config and room not in OWN:
            raise InputError(f"animals.{name}: {key} is one for all animals; give it once")
    own = copy.deepcopy(config)
    OmegaConf.set_struct(own, False)
    own.animals = None
    for setting in values:
        OmegaConf.update(own, str(setting), values[setting])
    try:
        settle(own, CONF)
        check(own, expected)
    except InputError as error:
        raise InputError(f"animals.{name}: {error}") from error
    if "data" not in rooms:
        raise InputError(
            f"animals.{name} has no data; give its own, as in {name}: {{data.path: ..}}"
        )
    return own
