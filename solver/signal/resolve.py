"""What a signal's rhythm must be: positive, not the misprint, and resolved by the run's steps.

A sine seen at N moments a cycle keeps at least `cos(pi / N)` of its peak: 92 % at 8 steps, 71 % at
4. Below 4 a run is refused, below 8 the user is warned.
"""

import math
import warnings

from jaxtyping import Array, Float

from meshes.errors import InputError

Number = float | Float[Array, ""]

SUSPECT_FREQUENCY = 0.1  # Hz; ten times faster than 0.02 Hz would be five times above the range
FEWEST, ENOUGH = 4.0, 8.0  # steps a cycle [choice]


def check_frequency(key: str, frequency: Number, stacklevel: int = 5) -> None:
    """Check a plain frequency (Hz) of norepinephrine; traced ones pass.

    Raises:
        InputError: if it is not positive.
    """
    if not isinstance(frequency, float | int):
        return
    if not 0 < frequency < math.inf:
        raise InputError(f"{key} is {frequency} Hz; give a positive number, 0.02 in NREM.")
    if frequency >= SUSPECT_FREQUENCY:
        warnings.warn(
            f"{key} is {frequency} Hz; norepinephrine oscillates near 0.02 Hz "
            "in NREM sleep. One caption of the source paper prints 0.2 Hz, a misprint that "
            "makes flow and pressure ten times larger.",
            stacklevel=stacklevel,
        )


def check_number(
    key: str, value: Number, least: float = 0.0, most: float = math.inf, unit: str = ""
) -> None:
    """Refuse a plain number outside its range; traced values pass."""
    if isinstance(value, float | int) and not (least <= value <= most and math.isfinite(value)):
        bound = f"at least {least:g}" if most == math.inf else f"between {least:g} and {most:g}"
        raise InputError(f"{key} is {value}{unit and ' '}{unit}; give a number {bound}.")


def check_resolved(what: str, frequency: float, step: float) -> None:
    """Refuse or warn of steps (s) too long for a rhythm (Hz) of the signal.

    Raises:
        InputError: for fewer than `FEWEST` steps a cycle.
    """
    if frequency * step * ENOUGH <= 1.0 + 1e-9:
        return
    told = f"{what} has a cycle of {1 / frequency:.4g} s, which run.step = {step:g} s"
    if frequency * step * FEWEST > 1.0 + 1e-9:
        raise InputError(f"{told} does not resolve; give run.step={_enough(frequency)} or less.")
    warnings.warn(
        f"{told} resolves poorly: peaks may be missed by "
        f"{1 - math.cos(math.pi * frequency * step):.0%}; "
        f"run.step={_enough(frequency)} shows them.",
        stacklevel=4,
    )


def _enough(frequency: float) -> str:
    """The longest step (s) that shows a rhythm (Hz), two digits of it, rounded down."""
    longest = 1.0 / (ENOUGH * frequency)
    digit = 10.0 ** (math.floor(math.log10(longest)) - 1)
    return f"{math.floor(longest / digit + 1e-9) * digit:.2g}"
