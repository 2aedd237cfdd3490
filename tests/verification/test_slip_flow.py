"""V5 in a ring: a sealed sheath with tissue behind it lets the fluid slip."""

import math

import pytest

from tests.exact.problem import order
from tests.exact.series import still_steps
from tests.exact.slip_annulus import SlipAnnulus


def error(exact: SlipAnnulus, n: int) -> float:
    found = still_steps(exact.mesh(n), exact.parameters())
    assert found.converged and found.balance < 1e-10
    assert found.out("inlet") == pytest.approx(-found.out("distal_1"), rel=1e-10)
    return found.out("distal_1") / exact.flow - 1.0


def test_the_exact_flow_is_the_tabulated_one():
    slips, holds = SlipAnnulus(), SlipAnnulus(slip=math.inf)
    assert slips.flow / holds.flow == pytest.approx(1.10396568, rel=1e-8)


@pytest.mark.parametrize(
    "exact",
    [
        SlipAnnulus(),
        SlipAnnulus(permeability=1e-12),
        SlipAnnulus(permeability=1e-17),
        SlipAnnulus(inner=20e-6, outer=60e-6, length=40e-6, permeability=4e-11, slip=0.3),
    ],
    ids=["tabulated", "coarse_tissue", "tight_tissue", "wide"],
)
def test_flow_converges(exact):
    coarse, fine = (abs(error(exact, n)) for n in (4, 8))
    assert coarse < 0.03
    assert fine < 0.006
    assert order(coarse, fine) > 1.9


def test_infinite_slip_length_ratio_is_no_slip_exactly():
    exact = SlipAnnulus()
    mesh = exact.mesh(4)
    flows = [
        still_steps(mesh, SlipAnnulus(slip=slip).parameters()).out("distal_1")
        for slip in (math.inf, 1e9, 1e5)
    ]
    untouched = still_steps(mesh, SlipAnnulus(slip=math.inf, permeability=1e-12).parameters())
    assert untouched.out("distal_1") == pytest.approx(flows[0], rel=1e-9)
    assert flows[1] == pytest.approx(flows[0], rel=1e-6)
    assert flows[2] > flows[0]


def test_the_gain_by_slip_is_right_on_one_mesh():
    mesh, still = SlipAnnulus().mesh(8), SlipAnnulus(slip=math.inf)
    base = still_steps(mesh, still.parameters()).out("distal_1")
    for permeability in (1e-12, 1e-14, 1e-17):
        exact = SlipAnnulus(permeability=permeability)
        gain = still_steps(mesh, exact.parameters()).out("distal_1") / base
        assert gain - 1.0 == pytest.approx(exact.flow / still.flow - 1.0, rel=0.02)
