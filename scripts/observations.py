"""What was observed, as `data` and `more` of a configuration say."""

from dataclasses import replace
from typing import Any

from meshes.errors import InputError
from solver.columns.stack import is_stack
from solver.fit.images import Images, read_images
from solver.fit.observed import Observed, read_observed
from solver.fit.several import of_animal

TABLE = ("time_column", "value_column", "series", "channel")  # keys of data that images have not
BOTH = ("path", "sees", "begins", "unit", "sigma", "scaled")  # keys that images have, too

Series = Observed | Images


def series_of(config: dict[str, Any], animal: str = "") -> tuple[Series, ...]:
    """Every series of the configuration, what further ones leave out as in the first.

    Args:
        animal: whose they are, where there are several.

    Raises:
        InputError: a key that is missing, foreign or unknown, or a file that cannot be used.
    """
    usual = config["data"] | {"value_column": None, "series": None, "channel": None}
    missing = [key for key in ("path", "sees") if config["data"][key] is None]
    if missing:
        where = of_animal(f"animals.{animal}" if animal else "", f"data.{missing[0]}")
        raise InputError(f"{where} is not given; say data.path=<file> data.sees=<column>")
    found = [_read(config["data"])]
    for name, given in (config["more"] or {}).items():
        if not isinstance(given, dict) or set(given) - set(usual):
            raise InputError(f"more.{name} is {given!r}; give keys of data, {', '.join(usual)}")
        found.append(_read(usual | given))
    return tuple(found)


def placed(series: Series, animal: str, looks: dict[str, Any]) -> Observed:
    """A series as a fit has it: of its animal, images through the instrument that saw them."""
    seen = series.through(looks) if isinstance(series, Images) else series
    if not animal:
        return seen
    return replace(seen, name=f"{animal}: {seen.name}", sees=of_animal(animal, seen.sees))


def _read(given: dict[str, Any]) -> Series:
    """A series of a table or of NWB, or a stack of images."""
    own = {"every"} if is_stack(given["path"]) else {*TABLE, "together"}
    foreign = [key for key in {"every", *TABLE, "together"} - own if given[key] is not None]
    if foreign:
        raise InputError(
            f"data.{min(foreign)} is given, which {given['path']} has no use for; take it away"
        )
    read = read_images if is_stack(given["path"]) else read_observed
    return read(**{key: given[key] for key in given if key in own | {*BOTH}})
