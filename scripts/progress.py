"""What a person sees while waiting: the stage, the step, the time left, how the solver converges.

A bar where stderr is a terminal; a line at every tenth of the run, and at least every half minute,
where it is not.
"""

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from solver.simulate import Progress

TENTHS = 10
PATIENCE = 30.0  # s between lines


class Waiting:
    """Shows stages and steps on stderr between `with` and its end."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        console = Console(stderr=True)
        self._bar: Bar | None = None
        if console.is_terminal:
            self._bar = Bar(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TaskProgressColumn(),
                TimeRemainingColumn(compact=True),
                TextColumn("[dim]{task.fields[solver]}"),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task("starting", total=None, solver="")
        self._console = console
        self._first = self._when = 0.0
        self._told = 0
        self._begun: int | None = None  # the first step that is told

    def __enter__(self) -> "Waiting":
        """Start the bar."""
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()

    def stage(self, word: str) -> None:
        """Say what is being done, before there are steps to count."""
        if self._bar:
            self._bar.update(self._task, description=word)
        else:
            self._line(word)

    def step(self, progress: "Progress") -> None:
        """Say which step is done and how its solve went."""
        solver = f"{progress.iterations} Krylov iterations, residual {progress.residual:.0e}"
        where = f"step {progress.index}/{progress.total}, t = {progress.time:.0f} s"
        if self._bar:
            if self._begun is None:
                self._bar.reset(self._task, total=progress.total, solver=solver)
                self._begun = progress.index
            self._bar.update(self._task, completed=progress.index, description=where, solver=solver)
            return
        now, tenth = time.monotonic(), TENTHS * progress.index // progress.total
        if self._begun is None:
            self._first, self._begun = now, progress.index
        elif tenth == self._told and now - self._when < PATIENCE:
            return
        self._told, self._when = tenth, now
        done, left = progress.index - self._begun, progress.total - progress.index
        rate = (now - self._first) / done if done else 0.0
        ahead = f", about {rate * left:.0f} s left" if done and left else ""
        self._line(f"{where}{ahead}, {solver}")

    def _line(self, words: str) -> None:
        self._console.print(words, highlight=False, soft_wrap=True)
