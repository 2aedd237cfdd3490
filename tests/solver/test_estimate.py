"""What a run will cost, against what runs did cost; and a refusal where it cannot fit."""

from dataclasses import replace

import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from meshes.samples import sample_mesh
from solver.estimate import check_fits, estimate
from solver.flow import StokesDarcy, Unsteady
from solver.geometry.space import build_space

UM = 1e-6
MEASURED = {  # bytes, the peak of pvs-simulate with the default flow, without figures
    "tiny": (1.331e9, {"across": 2, "around": 8, "along": 10}),
    "big": (2.859e9, {"across": 8, "around": 32, "along": 250, "tissue_layers": 6}),
}


def tube(length=400 * UM, **shape):
    return annulus(6 * UM, 9 * UM, length, tissue_outer=60 * UM, **shape)


@pytest.mark.parametrize("name", MEASURED)
def test_memory_is_what_was_measured(name):
    measured, shape = MEASURED[name]
    assert estimate(tube(**shape), StokesDarcy(), 150).bytes == pytest.approx(measured, rel=0.1)


def test_memory_of_the_sample():
    assert estimate(sample_mesh(), StokesDarcy(), 150).bytes == pytest.approx(1.619e9, rel=0.1)


def test_unknowns_are_those_of_the_solve():
    mesh = tube(across=2, around=8, along=10)
    space = build_space(mesh)
    unknowns = estimate(mesh, StokesDarcy(), 1).unknowns
    assert unknowns == 4 * space.fluid.vertices + space.tissue.vertices


def test_what_is_asked_costs():
    mesh = tube(across=4, around=16, along=50)
    usual = estimate(mesh, StokesDarcy(), 100)

    def held(**changes):
        return estimate(mesh, replace(StokesDarcy(), **changes), 100).bytes

    assert held(memory=100) > usual.bytes > held(memory=4)
    assert held(precision="float32") < usual.bytes < held(inertia=Unsteady())
    assert estimate(mesh, StokesDarcy(), 200).seconds > usual.seconds
    assert estimate(mesh, StokesDarcy(), 100, cores=8).seconds < usual.seconds
    assert estimate(mesh, StokesDarcy(), 100, device=True).seconds < usual.seconds


DERIVED = {  # bytes beyond those of a run, as the compiler told of flow.memory=26
    "4 tangents": (262.2e6 - 62.5e6, {"tangents": 4}),
    "adjoint": (282.9e6 - 62.5e6, {"adjoint": True}),
}


@pytest.mark.parametrize("name", DERIVED)
def test_memory_of_derivatives_is_what_was_measured(name):
    """On the Krogh cylinder of `benchmarks.gradient`, 76 steps."""
    measured, asked = DERIVED[name]
    mesh = tube(300 * UM, across=4, around=16, along=50, tissue_layers=6)
    run, derived = (estimate(mesh, StokesDarcy(), 76, **more) for more in ({}, asked))
    assert derived.bytes - run.bytes == pytest.approx(measured, rel=0.15)
    assert derived.seconds > run.seconds


def test_an_adjoint_of_many_steps_keeps_segments():
    mesh = tube(across=2, around=8, along=10)
    kept = [
        estimate(mesh, StokesDarcy(), steps, adjoint=True).bytes
        - estimate(mesh, StokesDarcy(), steps).bytes
        for steps in (1, 256, 25_600)
    ]
    assert kept[0] < kept[1] < kept[2] < 100 * kept[1] / 5


def test_mesh_without_tissue():
    assert estimate(annulus(6 * UM, 9 * UM, 30 * UM), StokesDarcy(), 1).unknowns > 0


def test_words():
    words = estimate(sample_mesh(), StokesDarcy(), 150).words()
    assert words == "67 k unknowns, about 1.6 GB and 4 minutes on this machine"


def test_what_cannot_fit_is_refused():
    cost = estimate(tube(across=2, around=8, along=10), StokesDarcy(), 10)
    check_fits(cost, None)
    check_fits(cost, 2e9)
    with pytest.raises(
        InputError, match=r"needs about 1\.3 GB .* has 1 GB left: lower mesh\.layers"
    ):
        check_fits(cost, 1e9)
    check_fits(cost, 1e9, device=True)
    with pytest.raises(InputError, match="the device has 0"):
        check_fits(cost, 1e5, device=True)
