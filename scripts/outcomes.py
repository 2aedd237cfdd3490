"""How each of several runs ended, as its folder tells: outcome.json."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

NAME = "outcome.json"
FAULT = 70
WORDS = {
    0: "done",
    1: "failed its check",
    2: "refused",
    3: "did not converge",
    4: "could not be written",
    FAULT: "a fault",
    130: "stopped",
}


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        status: as a shell reads it.
        words: what was wrong, if anything.
        overrides: of the command line, of this run.
    """

    status: int
    words: str = ""
    overrides: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether nothing was wrong."""
        return self.status == 0

    @property
    def last_line(self) -> str:
        """What was wrong in one line."""
        lines = self.words.strip().splitlines()
        named = WORDS.get(self.status, f"status {self.status}")
        return f"{named}: {lines[-1]}" if lines else named

    def of(self, overrides: Sequence[str]) -> bool:
        """Whether it is that of a run with the same arguments."""
        return self.overrides == tuple(overrides)

    def leave_in(self, folder: Path) -> None:
        """Write it."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self) | {"ended": WORDS.get(self.status, "")}, indent=2)
        (folder / NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def left_in(cls, folder: Path) -> Self | None:
        """Read it, if it is there and whole."""
        try:
            told = json.loads((folder / NAME).read_text(encoding="utf-8"))
            return cls(told["status"], told["words"], tuple(told["overrides"]))
        except (OSError, ValueError, KeyError):
            return None

    @staticmethod
    def clear(folder: Path) -> None:
        """Take it away."""
        (folder / NAME).unlink(missing_ok=True)


def outcomes_in(folder: Path) -> dict[str, Outcome]:
    """Outcomes of the runs in a folder of several, by the name of their folder, in their order."""
    names = sorted(
        (path.parent.relative_to(folder).as_posix() for path in folder.rglob(NAME)),
        key=lambda name: (len(name), name),
    )
    found = {name: Outcome.left_in(folder / name) for name in names}
    return {name: one for name, one in found.items() if one is not None}


def sought(folder: Path, entry: str | None) -> float | None:
    """The entry of a run's summary that an optimiser seeks; None if nobody does.

    Raises:
        RuntimeError: if the summary has no such number.
    """
    if entry is None:
        return None
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    if not isinstance(summary.get(entry), int | float):
        raise RuntimeError(f"objective={entry}: {folder}/summary.json has no such number")
    return float(summary[entry])
