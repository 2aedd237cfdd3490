"""The process as hydra wants it while a command runs."""

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from omegaconf import OmegaConf

from .devices import visible
from .folders import Before
from .quoting import quoted

LENGTHS = {"um": 1e-6, "mm": 1e-3}


@contextmanager
def as_called(arguments: Sequence[str] | None) -> Iterator[None]:
    """The process as hydra wants it: its arguments, its errors raised, warnings in one line."""
    argv, shown, full = sys.argv, warnings.showwarning, os.environ.get("HYDRA_FULL_ERROR")
    given = [quoted(word) for word in (argv[1:] if arguments is None else arguments)]
    note = f"+hydra.callbacks.folders_before._target_={Before.__module__}.{Before.__name__}"
    sys.argv = [argv[0], *given] if _asks_only(given) else [argv[0], *given, note]
    os.environ["HYDRA_FULL_ERROR"] = "1"
    know_words()

    def in_one_line(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if issubclass(category, UserWarning):
            print(f"warning: {message}", file=sys.stderr)
        else:
            shown(message, category, *place)

    warnings.showwarning = in_one_line  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.argv, warnings.showwarning = argv, shown
        if full is None:
            os.environ.pop("HYDRA_FULL_ERROR", None)
        else:
            os.environ["HYDRA_FULL_ERROR"] = full


def know_words() -> None:
    """`${um:3}` and `${gpus:}`, how many there are, in a configuration, in this process."""
    OmegaConf.register_new_resolver("gpus", lambda: max(1, len(visible())), replace=True)
    for unit, size in LENGTHS.items():
        OmegaConf.register_new_resolver(unit, lambda x, size=size: float(x) * size, replace=True)


def _asks_only(arguments: Sequence[str]) -> bool:
    """Whether the arguments only ask something: help, or the configuration."""
    asking = ("-h", "--help", "--hydra-help", "--version", "-c", "--cfg", "-i", "--info", "-sc")
    return any(argument.split("=")[0] in asking for argument in arguments)
