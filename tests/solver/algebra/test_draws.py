import numpy as np
from scipy.sparse import csr_matrix, diags_array

from solver.algebra.draws import spectral_radius
from solver.algebra.multigrid import build_hierarchy


def test_the_set_up_is_the_same_every_time_and_leaves_others_draws_alone() -> None:
    chain = csr_matrix(diags_array([-1.0, 2.001, -1.0], offsets=[-1, 0, 1], shape=(900, 900)))
    np.random.seed(7)  # noqa: NPY002
    first, radius = build_hierarchy(chain), spectral_radius(chain)
    drawn = np.random.rand()  # noqa: NPY002
    np.random.seed(7)  # noqa: NPY002
    assert np.random.rand() == drawn  # noqa: NPY002
    again = build_hierarchy(chain)
    assert spectral_radius(chain) == radius
    assert len(first.levels) > 0
    for one, other in zip(first.levels, again.levels, strict=True):
        np.testing.assert_array_equal(one.interval, other.interval)
        np.testing.assert_array_equal(one.prolong.values, other.prolong.values)
    np.testing.assert_array_equal(first.coarsest.inverse, again.coarsest.inverse)
