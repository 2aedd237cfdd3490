"""The picture of a sensitivity map, from its file."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from meshes.annulus import annulus
from meshes.errors import InputError
from meshes.write import write_mesh
from solver.render.mapped import sensitivity_picture

SIZE = (480, 270)


@pytest.fixture(scope="module")
def mesh():
    return annulus(6e-6, 9e-6, 30e-6, tissue_outer=30e-6, across=2, around=8, along=4)


def drawn(mesh, sign, folder):
    """The picture's pixels, of a map that is as large in the upper half as `sign`."""
    height = mesh.points[mesh.cells][:, :, 2].mean(axis=1)
    field = np.where(height > 15e-6, float(sign), 0.0)
    path = write_mesh(replace(mesh, fields={"sensitivity": field}), folder / f"{sign}.vtu")
    report = sensitivity_picture(path, folder / f"{sign}.png", "a note", size=SIZE)
    return np.asarray(Image.open(report.path).convert("RGB"), dtype=float)


def test_what_raises_and_what_lowers_have_colours_of_their_own(mesh, tmp_path):
    more, less = (drawn(mesh, sign, tmp_path) for sign in (1, -1))
    assert more.shape == less.shape
    changed = np.abs(more - less).sum(axis=2) > 30
    assert changed.mean() > 0.01
    red, blue = (more - less)[changed][:, 0].mean(), (more - less)[changed][:, 2].mean()
    assert red > 20 and blue < -20


def test_a_mesh_without_a_map_is_refused(mesh, tmp_path):
    path = write_mesh(mesh, tmp_path / "plain.vtu")
    with pytest.raises(InputError, match="no array sensitivity in it; make one with task=map"):
        sensitivity_picture(path, tmp_path / "x.png")
