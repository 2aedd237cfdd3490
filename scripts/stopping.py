"""Being told to stop: Ctrl-C, and SIGTERM as a scheduler sends it, mean the same."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

TOLD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def at_once() -> Iterator[None]:
    """SIGTERM raises `KeyboardInterrupt`, as Ctrl-C does; a handler of somebody else's stays."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled((signal.SIGTERM,), stop, only_if=signal.SIG_DFL):
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

    with _handled(TOLD, remember):
        yield lambda: told


@contextmanager
def _handled(
    numbers: tuple[signal.Signals, ...],
    handler: Callable[[int, FrameType | None], Any],
    only_if: Any = None,
) -> Iterator[None]:
    """Handlers put in place and taken back; in another thread than the first nothing happens."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in numbers}
        before = {n: was for n, was in before.items() if only_if in (None, was)}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)
