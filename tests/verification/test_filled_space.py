"""A perivascular space filled with fibres: Brinkman flow along an annulus."""

import numpy as np
import pytest

from tests.exact.filled_annulus import FilledAnnulus
from tests.exact.problem import order
from tests.exact.series import still_steps

GAP = 3e-6


def solved(exact: FilledAnnulus, n: int):
    result = still_steps(exact.mesh(n), exact.parameters())
    assert result.converged and result.balance < 1e-10
    assert result.out("inlet") == pytest.approx(-result.out("distal_1"), rel=1e-10)
    return result


@pytest.mark.parametrize(
    ("exact", "cells", "bound"),
    [
        (FilledAnnulus(permeability=GAP**2 / 10.0), (4, 8), 0.02),
        (FilledAnnulus(permeability=GAP**2 / 40.0), (8, 16), 0.008),
    ],
    ids=["loose", "tight"],
)
def test_flow_converges(exact, cells, bound):
    coarse, fine = (abs(solved(exact, n).out("distal_1") / exact.flow.real - 1.0) for n in cells)
    assert fine < bound
    assert order(coarse, fine) > 1.8


def test_fibres_too_dense_for_the_mesh_leave_plug_flow():
    # layers of sqrt(k) = W / 1000 are thinner than cells: inside, Darcy's velocity all the same
    exact = FilledAnnulus(permeability=GAP**2 * 1e-6)
    result = solved(exact, 4)
    inside = np.abs(np.asarray(result.space.fraction) - 0.5) < 0.01
    velocity = np.asarray(result.flow.velocity)[2, inside]
    plug = exact.permeability / exact.viscosity * exact.gradient
    assert velocity == pytest.approx(np.full(velocity.shape, plug), rel=0.15)
    assert velocity.mean() == pytest.approx(plug, rel=0.02)


def test_an_open_space_is_one_with_fibres_far_apart():
    exact = FilledAnnulus(permeability=1.0)
    sparse = solved(exact, 4).out("distal_1")
    assert sparse == pytest.approx(solved(FilledAnnulus(), 4).out("distal_1"), rel=1e-8)
