"""The figures of a run: drawn from its files, and never the reason why a run fails."""

import sys
from pathlib import Path

from solver.render import figures, picture


def draw_figures(folder: Path, time: float | None = None) -> bool:
    """Draw the figures of a run folder; say on stderr what could not be drawn and why.

    Args:
        folder: of the run.
        time: s, of the picture; None: when most fluid passes the mouth, late in the run.

    Returns:
        Whether everything was drawn, the picture perhaps flat.
    """
    try:
        report = figures(folder)
        if time is not None:
            report = picture(folder, report.path, time=time)
    except Exception as error:  # a picture is not worth the run it shows
        reason = " ".join(str(error).split()) or type(error).__name__
        print(f"the figures could not be drawn: {reason}", file=sys.stderr)
        return False
    if report.message:
        print(report.message, file=sys.stderr)
    return True
