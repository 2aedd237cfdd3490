"""Maps of a readout's derivative by place: they add up to the derivative by the number itself."""

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from meshes.tags import Region
from solver.fit.design import total_of
from solver.fit.maps import sensitivity_map
from solver.fit.parameters import freeable, put
from solver.fit.simulated import columns

GOAL = "tracer_tissue_m3"


@pytest.fixture(scope="module")
def found(model, prepared):
    """One map, for each is a pass in reverse to compile."""
    return sensitivity_map(model, prepared, {}, GOAL, "wall.profile")


def test_a_map_adds_up_to_the_derivative_by_the_number(found, model, prepared):
    """By differences of the gain, which multiplies the profile: their elasticities are one."""

    def goal(factor):
        moved = put(model, {"wall.gain": factor * model.wall.gain})
        numbers = jnp.asarray([float(x) for x in freeable(moved).values()])
        return float(total_of(columns(numbers, moved, prepared, {})[0], GOAL))

    slope = (goal(1.01) - goal(0.99)) / 0.02 / goal(1.0)
    assert found.goal == pytest.approx(goal(1.0), rel=1e-9)
    assert found.elasticity == pytest.approx(slope, rel=1e-3)


def test_a_map_lies_where_its_field_is(found, model):
    tissue = model.mesh.regions == Region.TISSUE
    assert np.abs(found.density[~tissue]).max() > 0 and not found.density[tissue].any()
    assert 0.0 < found.half <= 0.5


@pytest.mark.parametrize(
    ("goal", "of", "message"),
    [
        (
            "tracer_tisue_m3",
            "flow.tissue.permeability",
            r"no column 'tracer_tisue_m3'; use tracer_tissue_m3",
        ),
        (GOAL, "wall.gain", r"map\.of is 'wall\.gain'; use one of wall\.profile, flow\.tissue"),
    ],
)
def test_maps_that_cannot_be_are_refused(model, prepared, goal, of, message):
    with pytest.raises(InputError, match=message):
        sensitivity_map(model, prepared, {}, goal, of)
