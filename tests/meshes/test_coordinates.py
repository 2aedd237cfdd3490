"""Vessel coordinates found from the wall and sheath alone, held against exact tubes."""

from pathlib import Path

import numpy as np
import pytest

from meshes.annulus import annulus, circle_factor
from meshes.coordinates import vessel_coordinates
from meshes.errors import InputError
from meshes.mesh import Mesh, VesselCoordinates
from meshes.read_mesh import read_mesh
from meshes.tags import Patch, Region

um = 1e-6
MESHES = Path(__file__).parents[2].parent / "shared" / "data" / "meshes"


def found(mesh: Mesh, points: np.ndarray | None = None) -> VesselCoordinates:
    return vessel_coordinates(
        mesh.points if points is None else points,
        mesh.cells,
        mesh.regions,
        mesh.facets,
        mesh.patches,
    )


@pytest.fixture(scope="module")
def tube() -> Mesh:
    return annulus(10 * um, 14 * um, 100 * um, tissue_outer=60 * um, across=4, around=16)


def degrees(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", a, b), -1, 1)))


def test_straight_tube_is_recovered(tube):
    here, exact = found(tube), tube.vessel
    pvs = exact.column >= 0
    np.testing.assert_array_equal(here.column, exact.column)
    np.testing.assert_allclose(here.path[pvs], exact.path[pvs], atol=1e-3 * um)
    corners = circle_factor(16, "area")
    np.testing.assert_allclose(here.radius[pvs], corners * 10 * um, rtol=1e-3)
    assert degrees(here.radial[pvs], exact.radial[pvs]).max() < 0.1
    np.testing.assert_allclose(here.gap[pvs], exact.gap[pvs], rtol=0.02)  # chord against arc
    assert np.all(here.radial[~pvs] == 0) and np.all(here.gap[~pvs] == 0)
    assert np.all(here.fraction[~pvs] == 1)


def test_fraction_is_harmonic(tube):
    here = found(tube)
    assert np.all(here.fraction[np.unique(tube.facets_of(Patch.WALL))] == 0)
    assert np.all(here.fraction[np.unique(tube.facets_of(Patch.SHEATH))] == 1)
    errors = []
    for across in (4, 8):  # refined; a linear profile would be off by .042
        mesh = annulus(10 * um, 14 * um, 100 * um, across=across, around=16)
        exact = np.log1p(0.4 * mesh.vessel.fraction) / np.log(1.4)
        errors.append(np.abs(found(mesh).fraction - exact).max())
    assert errors[0] < 1e-3
    assert errors[1] < 0.6 * errors[0]


def test_a_bent_tube_keeps_columns_radius_and_direction():
    """A quarter of a torus: path runs between the inner and the outer bend."""
    straight = annulus(10 * um, 14 * um, 160 * um, across=4, around=16, along=40)
    bend = 160 * um / (np.pi / 2)
    x, y, z = straight.points.T
    angle = z / bend
    points = np.stack([(bend + x) * np.cos(angle) - bend, y, (bend + x) * np.sin(angle)], axis=1)
    radial = straight.vessel.radial
    turned = np.stack(
        [radial[:, 0] * np.cos(angle), radial[:, 1], radial[:, 0] * np.sin(angle)], axis=1
    )
    here = found(straight, points)
    np.testing.assert_array_equal(here.column, straight.vessel.column)
    assert degrees(here.radial, turned).max() < 5
    np.testing.assert_allclose(here.radius, 10 * um, rtol=0.02)
    foot = here.column
    along = angle * (bend + straight.points[foot, 0])  # the way along each wall line
    assert np.all(here.path < along * 1.02 + 1e-9)
    assert np.all(here.path >= (bend - 10.2 * um) * angle * 0.98)


def test_radial_lies_in_a_slanted_end_plane():
    straight = annulus(10 * um, 14 * um, 100 * um, across=4, around=16)
    slope = 0.5  # every section is tilted: z grows with x
    points = straight.points + np.outer(slope * straight.points[:, 0], [0, 0, 1])
    here = found(straight, points)
    normal = np.array([-slope, 0, 1]) / np.hypot(slope, 1)
    for patch in (Patch.INLET, Patch.DISTAL):
        end = np.unique(straight.facets_of(patch))
        np.testing.assert_allclose(here.radial[end] @ normal, 0, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(here.radial, axis=1), 1)
    middle = np.abs(straight.points[:, 2] - 50 * um) < 20 * um
    assert degrees(here.radial[middle], straight.vessel.radial[middle]).max() < 5


def test_path_does_not_zigzag_over_diagonals():
    """Edge paths alone are 11 % too long here, where each ring is turned a little further."""
    straight = annulus(10 * um, 14 * um, 150 * um, across=2, around=24, along=30)
    x, y, z = straight.points.T
    twist = z / (20 * um)
    points = np.stack(
        [x * np.cos(twist) - y * np.sin(twist), x * np.sin(twist) + y * np.cos(twist), z], axis=1
    )
    here = found(straight, points)
    np.testing.assert_allclose(here.path, z, rtol=0.01, atol=0.1 * um)


def test_pieces_without_wall_or_mouth_are_refused(tube):
    for missing in (Patch.WALL, Patch.INLET, Patch.SHEATH):
        keep = tube.patches != missing
        with pytest.raises(InputError, match=rf"no {missing.name} facet.*tag"):
            vessel_coordinates(
                tube.points, tube.cells, tube.regions, tube.facets[keep], tube.patches[keep]
            )


def test_venous_space_has_coordinates_too(tube):
    regions = np.where(tube.regions == Region.ARTERIAL_PVS, Region.VENOUS_PVS, tube.regions)
    here = vessel_coordinates(tube.points, tube.cells, regions, tube.facets, tube.patches)
    np.testing.assert_array_equal(here.column, tube.vessel.column)


@pytest.mark.skipif(not MESHES.is_dir(), reason="the ready meshes are not here")
@pytest.mark.parametrize(
    "name", ["annulus_concentric_small_v22.msh", "stokes_darcy_small_v41.msh", "straight_gap3.vtu"]
)
def test_ready_tubes_of_radius_ten(name):
    mesh = read_mesh(MESHES / name, "um")
    wall = np.unique(mesh.facets_of(Patch.WALL))
    outward = mesh.points[wall] * [1, 1, 0]
    outward /= np.linalg.norm(outward, axis=1)[:, None]
    np.testing.assert_allclose(mesh.vessel.radius[wall], 10 * um, rtol=0.02)
    assert degrees(mesh.vessel.radial[wall], outward).max() < 5
    np.testing.assert_allclose(mesh.vessel.path[wall], mesh.points[wall, 2], rtol=0.01, atol=um)


@pytest.mark.skipif(not MESHES.is_dir(), reason="the ready meshes are not here")
@pytest.mark.parametrize("name", ["y60_gap3.vtu", "straight_gap3.vtu"])
def test_layered_meshes_get_their_columns_back(name):
    vessel = read_mesh(MESHES / name, "um").vessel
    sizes = np.bincount(vessel.column[vessel.column >= 0])
    assert set(sizes[sizes > 0].tolist()) == {7}  # six layers
