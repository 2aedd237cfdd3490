"""Being told to stop: Ctrl-C, and SIGTERM as a scheduler sends it, mean the same.

A handler that somebody else has put in place stays: on Slurm nodes submitit has its own.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

TOLD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def at_once() -> Iterator[None]:
    """SIGTERM raises `KeyboardInterrupt`, as Ctrl-C does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled((signal.SIGTERM,), stop):
        yield


@contextmanager
def after_the_step() -> Iterator[Callable[[], bool]]:
    """The first signal is remembered, for the run to ask after its step; a second ends at once."""
    told = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal told
        if told:
            raise KeyboardInterrupt
        told = True
        os.write(2, b"stopping after this step; once more to stop at once\n")

    with _handled(TOLD, remember):
        yield lambda: told


@contextmanager
def _handled(
    numbers: tuple[signal.Signals, ...], handler: Callable[[int, FrameType | None], None]
) -> Iterator[None]:
    """Handlers put in place and taken back; in another thread than the first nothing happens."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in numbers}
        before = {number: was for number, was in before.items() if _usual(was)}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def _usual(handler: object) -> bool:
    """Whether it is Python's, or one from here."""
    own = getattr(handler, "__module__", "") == __name__
    return own or handler in (signal.SIG_DFL, signal.default_int_handler)
