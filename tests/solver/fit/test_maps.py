"""Maps of a readout's derivative by place: they add up to the derivative by the number itself."""

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.errors import InputError
from meshes.tags import Region
from solver.fit.design import total_of
from solver.fit.maps import sensitivity_map
from solver.fit.parameters import freeable, put
from solver.fit.residuals import columns

GOAL = "tracer_tissue_m3"
DRAWN = ("flow.tissue.permeability", "wall.profile")


@pytest.fixture(scope="module")
def maps(model, prepared):
    return {of: sensitivity_map(model, prepared, {}, GOAL, of) for of in DRAWN}


@pytest.mark.parametrize(
    ("of", "number"),
    [("flow.tissue.permeability", "flow.tissue.permeability"), ("wall.profile", "wall.gain")],
)
def test_a_map_adds_up_to_the_derivative_by_the_number(maps, model, prepared, of, number):
    """By differences: the gain multiplies the profile, so that their elasticities are one."""
    at = freeable(model)[number]

    def goal(factor):
        moved = put(model, {number: factor * at})
        numbers = jnp.asarray([float(x) for x in freeable(moved).values()])
        return float(total_of(columns(numbers, moved, prepared, {})[0], GOAL))

    slope = (goal(1.01) - goal(0.99)) / 0.02 / goal(1.0)
    assert maps[of].goal == pytest.approx(goal(1.0), rel=1e-9)
    assert maps[of].elasticity == pytest.approx(slope, rel=1e-3, abs=1e-7)


def test_a_map_lies_where_its_field_is(maps, model):
    tissue = model.mesh.regions == Region.TISSUE
    by_cell, by_wall = (maps[of].density for of in DRAWN)
    assert np.abs(by_cell[tissue]).max() > 0 and not by_cell[~tissue].any()
    assert np.abs(by_wall[~tissue]).max() > 0 and not by_wall[tissue].any()
    assert all(0.0 < each.half <= 0.5 for each in maps.values())


@pytest.mark.parametrize(
    ("goal", "of", "message"),
    [
        ("tracer_tisue_m3", DRAWN[0], r"no column 'tracer_tisue_m3'; use tracer_tissue_m3"),
        (GOAL, "wall.gain", r"map\.of is 'wall\.gain'; use one of wall\.profile, flow\.tissue"),
    ],
)
def test_maps_that_cannot_be_are_refused(model, prepared, goal, of, message):
    with pytest.raises(InputError, match=message):
        sensitivity_map(model, prepared, {}, goal, of)
