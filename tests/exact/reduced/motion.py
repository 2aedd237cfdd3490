"""Motions of the wall: in phase, still, the answer to norepinephrine (docs/physics.md 1.1). SI."""

import numpy as np
from scipy.integrate import solve_ivp

from tests.exact.reduced.run import Ratio


def still(z: np.ndarray, time: float) -> np.ndarray:
    """No motion."""
    del time
    return np.ones_like(z)


def sine(amplitude: float, frequency: float = 0.02) -> Ratio:
    """R1 = R10 (1 + a sin 2 pi f t), all in phase."""
    turn = 2.0 * np.pi * frequency
    return lambda z, time: 1.0 + amplitude * np.sin(turn * time) + 0.0 * z


def vasomotion(
    *,
    until: float,
    amplitude: float = 1.0,
    frequency: float = 0.02,
    onset: float = 5.0,
    gain: float = 0.1,
    delay: float = 2.0,
    time_constant: float = 4.0,
    speed: float = np.inf,
) -> Ratio:
    """R1 = R10 [1 - g m(t - delay - z / speed)], tau dm/dt = n - m, m = 0 before t = 0.

    n is a sine that begins over `onset` seconds as a quintic step. Until the end of the run, s.
    """

    def rate(time: float, muscle: np.ndarray) -> np.ndarray:
        begun = np.clip(time / onset, 0.0, 1.0)
        faded = begun**3 * (10.0 - 15.0 * begun + 6.0 * begun**2)
        driven = faded * amplitude * np.sin(2.0 * np.pi * frequency * time)
        return (driven - muscle) / time_constant

    found = solve_ivp(
        rate, (0.0, until), [0.0], dense_output=True, rtol=1e-8, atol=1e-10, max_step=onset / 5.0
    )

    def ratio(z: np.ndarray, time: float) -> np.ndarray:
        late = np.clip(time - delay - z / speed, 0.0, until)
        return 1.0 - gain * found.sol(late)[0]

    return ratio
