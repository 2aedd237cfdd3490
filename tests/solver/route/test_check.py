"""A route that cannot be is refused: what is wrong, where, and what is there."""

import math

import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from solver.geometry.space import build_space
from solver.route import Compartment, Compartments, Inflow, Renewed, joined
from solver.route.check import check_route
from solver.route.joins import reservoir_ends

UM = 1e-6


@pytest.fixture(scope="module")
def space():
    return build_space(
        annulus(6 * UM, 9 * UM, 20 * UM, tissue_outer=20 * UM, across=1, around=6, along=2)
    )


def whole(**changed) -> Compartments:
    """A route that is in order, some compartments changed."""
    places = {
        "subarachnoid": Compartment(1e-12, renewal=50.0, source=1.0, ends=("inlet",)),
        "dura": Compartment(1e-13, ends=("distal", "outer"), into="nodes"),
        "nodes": Compartment(1e-13, into="outside"),
    }
    return joined(**{**places, **changed})


def test_a_route_in_order_is_taken(space):
    check_route(whole(), space)
    check_route(Renewed(), space)
    assert reservoir_ends(whole(), space) == {
        "dura": ("distal_1", "outer"),
        "nodes": (),
        "subarachnoid": ("inlet",),
    }


def test_mouths_that_open_into_no_compartment_stay_renewed(space):
    route = joined(dura=Compartment(1e-13, ends=("distal_1",), into="outside"))
    check_route(route, space)
    assert reservoir_ends(route, space) == {"dura": ("distal_1",), "mouth": ("inlet",)}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dura": Compartment(1e-13, ends=("venous_outlet",), into="outside")},
         r"route\.dura\.ends: annulus has no end 'venous_outlet'; it has inlet, distal_1, outer"),
        ({"dura": Compartment(-1e-13, ends=("distal",))}, r"route\.dura\.volume is -1e-13; give"),
        ({"dura": Compartment(math.inf, ends=("distal",))}, r"route\.dura\.volume is inf; give"),
        ({"dura": Compartment(1e-13, renewal=0.0, ends=("distal",))},
         r"route\.dura\.renewal is 0; give a number of s, above zero; inf never"),
        ({"dura": Compartment(1e-13, renewal=math.nan, ends=("distal",))}, "renewal is nan"),
        ({"dura": Compartment(1e-13, source=-0.5, ends=("distal",))}, "source is -0.5"),
        ({"dura": Compartment(1e-13, initial=-1.0, ends=("distal",))}, "initial is -1"),
        ({"dura": Compartment("much", ends=("distal",))}, "volume is 'much'; give one number"),
        ({"dura": Compartment(1e-13, ends="distal")}, r"give a list, as in \[inlet\]"),
        ({"dura": Compartment(1e-13, ends=("distal",), into="neck")},
         r"route\.dura\.into is 'neck', which is no compartment; use outside, null .* nodes"),
        ({"nodes": Compartment(1e-13, into="dura")}, "in a circle, .*dura -> nodes -> dura|nodes"),
        ({"nodes": Compartment(1e-13, into="nodes")}, "in a circle, nodes -> nodes"),
        ({"neck": Compartment(1e-13, into="outside")}, r"route\.neck is joined to no end and no"),
        ({"neck": Compartment(1e-13, ends=("distal_1",))},
         "the end distal_1 is joined to dura and to neck"),
        ({"neck": Compartment(1e-13, ends=("outer",))}, "the end outer is joined to dura and"),
        ({"subarachnoid": Compartment(1e-12, ends=("inlet", "inlet"))}, "end inlet twice"),
        ({"tissue": Compartment(1e-13, ends=("distal",))}, "'tissue' cannot name a compartment"),
        ({"distal_1": Compartment(1e-13, ends=("distal",))}, "'distal_1' cannot name"),
        ({"My dura": Compartment(1e-13, ends=("distal",))}, "small letters and underscores"),
        ({"dura": 1e-13}, "give a solver.route.Compartment"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(space, changed, said):
    with pytest.raises(InputError, match=said):
        check_route(whole(**changed), space)


def test_something_else_is_refused(space):
    with pytest.raises(InputError, match="route is str, which does not belong there"):
        check_route("renewed", space)
    with pytest.raises(InputError, match="no compartments; use route=renewed"):
        check_route(joined(), space)


def test_a_mouth_held_on_inflow_alone_is_warned_of(space):
    with pytest.warns(UserWarning, match="stops diffusion through the mouth"):
        check_route(Inflow(), space)
