"""A mesh split into PVS and tissue: tables, volumes, motion, and meshes that cannot be used."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from meshes.tags import Patch
from solver.geometry.metric import cell_volumes, dual_volumes, facet_areas
from solver.geometry.motion import blood_volume, mean_radius, positions
from solver.geometry.space import build_space

UM = 1e-6
R1, R2, R3, LENGTH = 6 * UM, 9 * UM, 30 * UM, 40 * UM


@pytest.fixture(scope="module")
def mesh():
    return annulus(R1, R2, LENGTH, tissue_outer=R3, across=3, around=12, along=6)


@pytest.fixture(scope="module")
def space(mesh):
    return build_space(mesh)


def test_volumes_and_areas_are_the_tubes(space):
    pvs, tissue = np.pi * (R2**2 - R1**2) * LENGTH, np.pi * (R3**2 - R2**2) * LENGTH
    assert float(dual_volumes(space.fluid_rest, space.fluid).sum()) == pytest.approx(pvs)
    assert float(dual_volumes(space.tissue_rest, space.tissue).sum()) == pytest.approx(tissue)
    assert float(cell_volumes(space.fluid_rest, space.fluid).min()) > 0.0
    boundary = facet_areas(space.fluid_rest, space.boundary).sum(axis=1)
    assert float(jnp.abs(boundary).max()) < 1e-12 * LENGTH * R2
    mouth = facet_areas(space.fluid_rest, space.end("inlet")).sum(axis=1)
    assert mouth.tolist() == pytest.approx([0.0, 0.0, -np.pi * (R2**2 - R1**2)], abs=1e-20)


def test_pairs_stand_at_the_same_places(space):
    pairs = space.pairs
    assert pairs.fluid.shape[0] == 12 * 7
    here, there = space.fluid_rest[:, pairs.fluid], space.tissue_rest[:, pairs.tissue]
    assert jnp.array_equal(here, there)


def test_motion_keeps_the_sheath_and_scales_the_lumen(space):
    ratio = jnp.full(space.fluid.vertices, 1.1)
    moved = positions(space, ratio)
    on_sheath = space.sheath.vertices
    assert jnp.array_equal(moved[:, on_sheath], space.fluid_rest[:, on_sheath])
    exact = np.pi * R1**2 * LENGTH
    assert float(blood_volume(space, space.fluid_rest, 0 * ratio + 1)) == pytest.approx(exact)
    assert float(blood_volume(space, moved, ratio)) == pytest.approx(1.21 * exact)
    pvs = float(dual_volumes(moved, space.fluid).sum())
    assert pvs == pytest.approx(np.pi * (R2**2 - 1.21 * R1**2) * LENGTH)
    assert float(mean_radius(space, ratio)) == pytest.approx(1.1 * R1)


def test_a_mesh_without_tissue_has_no_pairs():
    space = build_space(annulus(R1, R2, LENGTH, across=2, around=8, along=3))
    assert space.tissue.vertices == 0 and space.pairs.fluid.shape == (0,)


@pytest.mark.parametrize(
    ("patch", "word"), [(Patch.WALL, "wall"), (Patch.SHEATH, "sheath"), (Patch.DISTAL, "boundary")]
)
def test_missing_tags_are_named(mesh, patch, word):
    keep = mesh.patches != patch
    broken = replace(mesh, facets=mesh.facets[keep], patches=mesh.patches[keep])
    with pytest.raises(InputError, match=word):
        build_space(broken)


def test_a_mesh_without_pvs_is_refused(mesh):
    with pytest.raises(InputError, match="no cell is tagged as arterial PVS"):
        build_space(replace(mesh, regions=np.full_like(mesh.regions, 2)))
