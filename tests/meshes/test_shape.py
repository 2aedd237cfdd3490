"""The sheath by area, off centre and elliptic; layers that grow: exact sections and volumes."""

import numpy as np
import pytest

from meshes.check import check
from meshes.errors import InputError
from meshes.mesh import Mesh
from meshes.shape import FLOOR, Eccentric, Elliptic
from meshes.sheath import sheath
from meshes.sweep.faces import tet_volumes
from meshes.tags import Patch
from meshes.tree import VesselTree

UM = 1e-6
LENGTH = 60.0


def straight(radius: float = 6.0) -> VesselTree:
    points = np.linspace(0.0, LENGTH, 7)[:, None] * np.array([0.0, 0.0, 1.0]) * UM
    return VesselTree(points, np.full(7, radius * UM), np.arange(7) - 1, "line")


def fork() -> VesselTree:
    """A Y of radius 6 and 5 um in the plane y = 0."""
    s = np.linspace(0.0, 100.0, 11)
    points = [np.stack([0 * s, 0 * s, s - 100.0], axis=1)]
    parent = [np.arange(11) - 1]
    for side, tilt in enumerate((0.5, -0.6)):
        points.append(s[1:, None] * np.array([np.sin(tilt), 0.0, np.cos(tilt)]))
        parent.append(np.r_[10, np.arange(9) + 11 + 10 * side])
    radius = np.repeat([6.0, 5.0], [11, 20]) * UM
    return VesselTree(np.concatenate(points) * UM, radius, np.concatenate(parent), "fork")


def volume(mesh: Mesh) -> float:
    return float(tet_volumes(mesh.points, mesh.cells).sum())


def heads(mesh: Mesh) -> np.ndarray:
    """Sheath points across the axis, um."""
    return mesh.points[np.unique(mesh.facets_of(Patch.SHEATH)), :2] / UM


@pytest.mark.parametrize(
    "shape",
    [None, Eccentric(0.7, (1.0, 1.0, 0.5)), Elliptic(1.5, (0.0, 1.0, 0.0))],
)
def test_every_shape_has_the_volume_of_its_area_ratio(shape):
    mesh = sheath(straight(), area_ratio=1.4, shape=shape, tissue=0, around=12, growth=1.5)
    assert volume(mesh) == pytest.approx(1.4 * np.pi * 36.0 * LENGTH * UM**3, rel=1e-10)
    assert not check(mesh).failed


def test_an_eccentric_sheath_is_a_circle_about_another_centre():
    mesh = sheath(
        straight(), gap=4 * UM, shape=Eccentric(0.5, (0, 2, 0)), tissue=0, inscribed=True, around=32
    )
    away = np.linalg.norm(heads(mesh) - [0.0, -2.0], axis=1)
    assert np.allclose(away, 10.0, rtol=1e-12)
    assert mesh.vessel.gap.min() / UM == pytest.approx(2.0, rel=1e-9)
    assert mesh.vessel.gap.max() / UM == pytest.approx(6.0, rel=1e-9)
    narrow = np.argmin(mesh.vessel.gap)
    assert mesh.vessel.radial[narrow] @ [0.0, 1.0, 0.0] == pytest.approx(1.0)


def test_an_elliptic_sheath_has_its_axes_and_direction():
    shape = Elliptic(1.69, (3, 0, 0))
    mesh = sheath(straight(), gap=4 * UM, shape=shape, tissue=0, inscribed=True, around=32)
    x, y = heads(mesh).T
    assert np.allclose((x / 13.0) ** 2 + (y * 1.3 / 10.0) ** 2, 1.0, rtol=1e-12)


def test_a_shape_fades_where_the_vessel_runs_along_it():
    mesh = sheath(straight(), gap=4 * UM, shape=Elliptic(2.0, (0, 0, 1)), tissue=0)
    assert np.ptp(mesh.vessel.gap) < 1e-9 * UM


@pytest.mark.parametrize("shape", [Eccentric(1.0, (1, 0, 0)), Elliptic(9.0, (1, 0, 0))])
def test_a_gap_never_closes_and_its_floor_is_told(shape):
    mesh = sheath(straight(), gap=4 * UM, shape=shape, tissue=0, inscribed=True, around=32)
    least = mesh.vessel.gap.min() / UM
    assert least == pytest.approx(4.0 * FLOOR, rel=1e-9)
    (note,) = (note for note in mesh.notes if "narrow side" in note)
    assert "0.4 um" in note and "a tenth" in note
    assert tet_volumes(mesh.points, mesh.cells).min() > 0.0


@pytest.mark.parametrize("shape", [Eccentric(0.8, (0, 1, 0)), Elliptic(1.6, (1, 0, 0))])
def test_shapes_on_a_fork_leave_the_junction_round(shape):
    mesh = sheath(fork(), gap=4 * UM, shape=shape, tissue=0, around=12, layers=2)
    assert not check(mesh).failed
    wall = np.unique(mesh.facets_of(Patch.WALL))
    mouth = mesh.points[wall, 2] < -60 * UM
    asked = sheath(straight(), gap=4 * UM, shape=shape, tissue=0, around=12).vessel.gap
    gap = mesh.vessel.gap[wall[mouth]]
    assert gap.min() == pytest.approx(asked.min(), rel=1e-3)
    assert gap.max() == pytest.approx(asked.max(), rel=1e-3)


def test_layers_grow_from_both_walls():
    mesh = sheath(straight(), gap=4 * UM, tissue=0, layers=6, growth=1.4)
    fraction = mesh.vessel.fraction.reshape(-1, 7)[0]
    heights = np.diff(fraction)
    assert np.allclose(heights[1:3] / heights[:2], 1.4, rtol=1e-12)
    assert np.allclose(heights, heights[::-1], rtol=1e-12)
    even = sheath(straight(), gap=4 * UM, tissue=0, layers=6)
    assert volume(mesh) == pytest.approx(volume(even), rel=1e-12)
    foot = mesh.points[mesh.vessel.column]
    straight_up = foot + (mesh.vessel.fraction * mesh.vessel.gap)[:, None] * mesh.vessel.radial
    assert np.allclose(straight_up, mesh.points, atol=1e-9 * UM)


def test_four_layers_unless_told():
    mesh = sheath(straight(), gap=4 * UM, tissue=0)
    assert len(mesh.points) == 5 * len(np.unique(mesh.facets_of(Patch.WALL)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Eccentric(1.2, (1, 0, 0)), "0 to 1"),
        (lambda: Eccentric(0.5, (0, 0, 0)), "direction"),
        (lambda: Elliptic(0.5, (1, 0, 0)), "at least 1"),
        (lambda: Elliptic(2.0, (1, 0)), "three numbers"),
        (lambda: sheath(straight(), area_ratio=0.0), "area_ratio must exceed 0"),
        (lambda: sheath(straight(), gap=3e-6, area_ratio=1.0), "gap and area_ratio"),
        (lambda: sheath(straight(), gap=3e-6, growth=0.0), "growth > 0"),
    ],
)
def test_wrong_shapes_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()
