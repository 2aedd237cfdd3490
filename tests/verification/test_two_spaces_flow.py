"""A circuit: arterial space, tissue, venous space, outlet."""

import numpy as np
import pytest

from tests.exact.series import still_steps
from tests.exact.two_spaces import TwoSpaces


@pytest.mark.parametrize(
    "exact",
    [TwoSpaces(), TwoSpaces(permeability=1e-15, conductance=3e-9, venous=36e-6)],
    ids=["continuous", "membranes"],
)
def test_flow_through_the_circuit(exact):
    found = still_steps(exact.mesh(6, 20), exact.parameters())
    assert found.converged and found.balance < 1e-10
    assert set(found.ends) == {"inlet", "distal_1", "venous_outlet", "venous_distal_1"}
    entering, leaving = -found.out("inlet"), found.out("venous_outlet")
    assert entering == pytest.approx(leaving, rel=1e-10)
    assert found.out("distal_1") == pytest.approx(0.0, abs=1e-10 * entering)
    assert found.out("venous_distal_1") == pytest.approx(0.0, abs=1e-10 * entering)
    assert entering == pytest.approx(exact.flow, rel=0.025)
    exchange = np.asarray(found.flow.exchange)
    arterial = np.asarray(found.space.arterial)[np.asarray(found.space.pairs.fluid)] > 0
    assert exchange[arterial].sum() == pytest.approx(entering, rel=1e-10)
    assert exchange[~arterial].sum() == pytest.approx(-entering, rel=1e-10)
