"""What a picture shows, on shapes whose surfaces, sections and views are known."""

import meshio
import numpy as np
import pytest

from solver.render import cutaway
from solver.render.fields import Fields, read_fields


@pytest.fixture
def fields(tube):
    known = {"fraction": tube.fraction, "path": tube.path, "velocity": np.zeros_like(tube.points)}
    return Fields(tube.points, tube.cells, tube.region == 1, known)


def area_vectors(points, triangles):
    a, b, c = (points[corner] for corner in triangles.T)
    return 0.5 * np.cross(b - a, c - a)


def test_faces_close_and_point_outward(fields, tube):
    triangles = cutaway.faces(fields.cells)
    areas = area_vectors(fields.points, triangles)
    centres = fields.points[triangles].mean(axis=1)
    enclosed = np.einsum("ij,ij->", areas, centres) / 3
    polygon = 0.5 * tube.around * np.sin(2 * np.pi / tube.around)
    assert enclosed == pytest.approx(
        polygon * tube.length * (tube.outer_radius**2 - tube.wall_radius**2)
    )
    np.testing.assert_allclose(areas.sum(axis=0), 0, atol=1e-20)


def test_wall_and_sheath_are_the_two_cylinders(fields, tube):
    for triangles, radius in (
        (cutaway.wall(fields), tube.wall_radius),
        (cutaway.sheath(fields), tube.sheath_radius),
    ):
        assert len(triangles) == 2 * tube.around * tube.along
        np.testing.assert_allclose(
            np.hypot(*fields.points[np.unique(triangles)].T[:2]), radius, rtol=1e-12
        )


def test_without_fraction_the_sheath_is_what_the_tissue_shares(fields, tube):
    bare = Fields(fields.points, fields.cells, fields.pvs, {})
    assert len(cutaway.sheath(bare)) == 2 * tube.around * tube.along
    ends = 2 * 2 * tube.inside * tube.around  # both end rings, which nothing tells from the wall
    assert len(cutaway.wall(bare)) == 2 * tube.around * tube.along + ends


def test_the_mouth_is_at_the_left_and_the_view_is_right_handed(fields, tube):
    view = cutaway.look(fields, 16 / 9)
    frame = np.stack([view.right, view.up, view.toward])
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1.0)
    across = view.project(fields.points)[:, 0]
    assert across[fields.data["path"] == 0].max() < across[fields.data["path"] == tube.length].min()


@pytest.mark.parametrize("free", [(0.0, 0.0), (0.2, 0.1)])
def test_everything_is_in_the_picture_and_between_the_free_strips(fields, free):
    view = cutaway.look(fields, 16 / 9, free)
    placed = view.project(fields.points) / view.height
    assert np.abs(placed[:, 0]).max() < 0.5 * 16 / 9
    assert placed[:, 1].min() > -0.5 + free[0]
    assert placed[:, 1].max() < 0.5 - free[1]
    fills = np.ptp(placed[:, 0]) / (16 / 9), np.ptp(placed[:, 1]) / (1 - sum(free))
    assert max(fills) > 0.9


def test_the_opening_halves_a_straight_vessel(fields, tube):
    view = cutaway.look(fields, 16 / 9)
    level = cutaway.before_sheet(fields, view)
    depth = fields.points @ view.flat[2]  # the axis is at depth 0
    np.testing.assert_allclose(level, depth, atol=0.05 * tube.wall_radius)


def test_the_axis_of_a_straight_vessel_is_its_axis(fields, tube):
    axis = cutaway.vessel_axis(fields)
    between = (axis[:, 2] < 0) & (axis[:, 2] > -tube.length)  # normals are one-sided at the ends
    np.testing.assert_allclose(axis[between, :2], 0, atol=0.02 * tube.wall_radius)
    np.testing.assert_allclose(axis[:, :2], 0, atol=0.2 * tube.wall_radius)
    assert np.ptp(axis[:, 2]) == pytest.approx(tube.length)


def test_no_vessel_hides_behind_the_tissue(fields, tube):
    bent = fields.points.copy()  # the vessel turns away into depth, seen along y
    bent[:, 1] += 0.6 * np.maximum(tube.path - 0.5 * tube.length, 0)
    bent[:, 0] += 0.2 * np.abs(tube.path - 0.5 * tube.length)
    moved = Fields(bent, fields.cells, fields.pvs, fields.data)
    view = cutaway.look(moved, 16 / 9)
    level = cutaway.before_sheet(moved, view)
    on_wall = np.unique(cutaway.wall(moved))
    by_station = [level[on_wall[tube.path[on_wall] == s]] for s in np.unique(tube.path)]
    for ring in by_station[1:-1]:
        assert ring.max() > 0.5 * tube.wall_radius


def test_a_section_lies_on_its_plane_and_has_its_area(fields, tube):
    level = fields.points @ np.array([0.2, 0.1, 1.0]) + 0.43 * tube.length
    edges, weight = cutaway.section(fields.cells, level)
    assert ((weight >= 0) & (weight <= 1)).all()
    np.testing.assert_allclose(cutaway.at_corners(level, edges, weight), 0, atol=1e-18)
    corners = cutaway.at_corners(fields.points, edges, weight)
    sides = corners[:, 1:] - corners[:, :1]
    across = np.abs(np.cross(sides[:, 0], sides[:, 1])[:, 2]).sum() / 2  # seen along the axis
    polygon = 0.5 * tube.around * np.sin(2 * np.pi / tube.around)
    assert across == pytest.approx(
        polygon * (tube.outer_radius**2 - tube.wall_radius**2), rel=1e-12
    )


def test_a_contour_has_the_length_of_the_ring(fields, tube):
    level = fields.points[:, 2] + 0.43 * tube.length
    edges, weight = cutaway.contour(cutaway.sheath(fields), level)
    ends = cutaway.at_corners(fields.points, edges, weight)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum()
    assert length == pytest.approx(
        2 * tube.around * np.sin(np.pi / tube.around) * tube.sheath_radius, rel=1e-12
    )


def test_arrows_stand_apart_in_mid_gap_on_the_near_side(fields, tube):
    view = cutaway.look(fields, 16 / 9)
    level = cutaway.before_sheet(fields, view)
    seeds = cutaway.arrow_seeds(fields, level, spacing=20e-6)
    assert len(seeds) >= 10
    assert (fields.data["fraction"][seeds] == 0.5).all()
    assert (level[seeds] > -tube.wall_radius).all()
    apart = np.linalg.norm(fields.points[seeds][:, None] - fields.points[seeds][None], axis=2)
    assert apart[~np.eye(len(seeds), dtype=bool)].min() > 20e-6


def test_cell_arrays_are_averaged_to_points(run_folder, tmp_path, tube):
    mesh = meshio.read(run_folder / "fields" / "step_00000.vtu")
    constant = np.full(len(mesh.cells_dict["tetra"]), 0.25)
    mesh.cell_data = {"concentration": [constant], "region": mesh.cell_data["region"]}
    mesh.point_data = {}
    meshio.write(tmp_path / "cells.vtu", mesh)
    read = read_fields(tmp_path / "cells.vtu", unit=2.0)
    np.testing.assert_allclose(read.scalar("concentration"), 0.25)
    np.testing.assert_allclose(read.points, 2 * mesh.points)
    assert read.pvs.sum() == 6 * tube.inside * tube.along * tube.around


def test_walls_of_arteries_and_veins_are_told_apart(fields):
    assert [kind.name for kind in cutaway.walls(fields)] == ["vessel wall"]
    beside = fields.points + np.array([1e-3, 0.0, 0.0])
    cells = np.concatenate([fields.cells, fields.cells + len(fields.points)])
    pvs, none = np.tile(fields.pvs, 2), np.zeros_like(fields.pvs)
    fraction = {"fraction": np.tile(fields.data["fraction"], 2)}
    venous = np.concatenate([none, fields.pvs])
    pair = Fields(np.concatenate([fields.points, beside]), cells, pvs, fraction, venous=venous)
    artery, vein = cutaway.walls(pair)
    assert (artery.name, vein.name) == ("arterial wall", "venous wall")
    assert artery.colour != vein.colour
    one = cutaway.wall(fields)
    assert len(artery.triangles) == len(vein.triangles) == len(one)
    assert artery.triangles.max() < len(fields.points) <= vein.triangles.min()
