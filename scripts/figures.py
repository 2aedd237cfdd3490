"""The figures of a run and its report: from its files, and never the reason why a run fails."""

import sys
from collections.abc import Callable
from pathlib import Path

from solver.render import figures, picture, report


def draw_figures(folder: Path, time: float | None = None) -> bool:
    """Draw the figures of a run folder and write its report; say on stderr what could not be made.

    Args:
        folder: of the run.
        time: s, of the picture; None: when most fluid passes the mouth, late in the run.

    Returns:
        Whether everything was made, the picture perhaps flat.
    """

    def draw() -> None:
        drawn = figures(folder)
        if time is not None:
            drawn = picture(folder, drawn.path, time=time)
        if drawn.message:
            print(drawn.message, file=sys.stderr)

    parts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("the figures could not be drawn", draw),
        ("the report could not be written", lambda: report(folder)),
    )
    made = [_made(words, make) for words, make in parts]  # one that fails keeps no other back
    return all(made)


def _made(words: str, make: Callable[[], object]) -> bool:
    """Whether something was made; if not, why, on stderr."""
    try:
        make()
    except Exception as error:  # a picture is not worth the run it shows
        reason = " ".join(str(error).split()) or type(error).__name__
        print(f"{words}: {reason}", file=sys.stderr)
        return False
    return True
