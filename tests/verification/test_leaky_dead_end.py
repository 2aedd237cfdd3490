"""V7: a dead end that leaks through sheath and tissue, against the one-dimensional fin."""

from dataclasses import replace

import numpy as np
import pytest

from tests.exact.leaky_dead_end import LeakyDeadEnd
from tests.exact.series import still_steps

TABULATED = LeakyDeadEnd()
# Most of the drop is across the sheath: the tissue's pressure is low, its axial flow small.
MEMBRANE = LeakyDeadEnd(permeability=1e-16, along=1.0, conductance=3e-9)


def test_the_decay_length_is_the_tabulated_one():
    assert LeakyDeadEnd(length=1e-3).decay == pytest.approx(142.7319e-6, rel=1e-6)


@pytest.mark.parametrize("exact", [TABULATED, MEMBRANE], ids=["continuous", "membrane"])
def test_decay_length_and_flow(exact):
    # neglected in 1D: axial tissue flow, viscous normal stress, pressure across the gap
    result = still_steps(exact.mesh(6, 24), replace(exact.parameters(), tolerance=1e-8, limit=2000))
    assert result.converged and result.balance < 1e-10
    end = np.asarray(result.space.end("distal_1").vertices)
    far = float(np.asarray(result.flow.pressure)[end].mean())
    decay = exact.length / np.arccosh(exact.pressure / far)
    assert decay == pytest.approx(exact.decay, rel=0.015)
    assert -result.out("inlet") == pytest.approx(exact.flow, rel=0.02)
    outside = float(np.asarray(result.flow.outer_fluxes).sum())
    assert outside == pytest.approx(-result.out("inlet"), rel=1e-9)
