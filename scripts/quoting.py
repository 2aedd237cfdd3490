"""Quantities on a command line: hydra takes `3 um` as it is, `1e-17 m^2` in quotes only."""

import re

QUANTITY = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*(?=[^\W\d_]|[%°µ1])(.+)")
FOREIGN = re.compile(r"[()^²³µμ·°]")  # what hydra's grammar takes in quotes only


def quoted(argument: str) -> str:
    """An argument as hydra reads it: quantities with `^`, `(` or letters like `µ` in quotes."""
    key, is_override, value = argument.partition("=")
    if is_override and FOREIGN.search(value) and QUANTITY.fullmatch(value):
        return f"{key}='{value}'"
    return argument
