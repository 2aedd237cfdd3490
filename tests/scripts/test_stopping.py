"""Signals: the first is remembered, the second ends at once, a foreign handler stays."""

import os
import signal
import threading

import pytest

from scripts.stopping import after_the_step, at_once


def tell(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.usefixtures("heard")
def test_the_first_is_remembered_and_the_second_ends() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with at_once():
        with after_the_step() as stop:
            assert not stop()
            tell()
            assert stop()
            with pytest.raises(KeyboardInterrupt):
                tell(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            tell()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_handler_of_somebody_else_stays() -> None:
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with at_once(), after_the_step() as stop:
            tell()
            assert not stop()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]


def test_another_thread_changes_nothing() -> None:
    asked = []

    def work() -> None:
        with at_once(), after_the_step() as stop:
            asked.append(stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert asked == [False]
