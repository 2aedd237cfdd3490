"""The picture of the worst places: every place is there, in the colour of its verdict."""

from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from meshes.annulus import annulus
from meshes.check import Report, check
from meshes.errors import InputError
from meshes.tags import Region
from meshes.write import write_mesh
from solver.render import drawing, mesh_picture, worst_picture
from solver.render.worst import COLOURS

um = 1e-6
SIZE = (960, 540)


@pytest.fixture(scope="module")
def tube():
    return annulus(10 * um, 14 * um, 60 * um, tissue_outer=40 * um, across=6, around=16)


def share(path, colour: str, part=slice(None)) -> float:
    """Of the pixels, in some columns, how many have just this colour."""
    image = matplotlib.image.imread(path)[:, part, :3]
    return float((np.abs(image - to_rgb(colour)).max(axis=-1) < 0.02).mean())


def test_an_inverted_cell_is_shown_first(tube, tmp_path):
    cells = tube.cells.copy()
    cells[17] = cells[17][[1, 0, 2, 3]]
    mesh = replace(tube, cells=cells)
    report = check(mesh)
    assert report.worst[0].name == "inverted cells"
    path = worst_picture(mesh, report, tmp_path / "new" / "worst.png", size=SIZE)
    overview, close_ups = slice(0, 320), slice(330, None)
    for part in (overview, close_ups):
        assert share(path, COLOURS["fail"], part) > 1e-4
    sound = worst_picture(tube, check(tube), tmp_path / "sound.png", size=SIZE)
    assert share(sound, COLOURS["fail"]) == 0
    assert share(sound, COLOURS["ok"], overview) > 1e-4


def test_a_report_without_places_and_a_place_without_a_folder(tube, tmp_path):
    assert worst_picture(tube, Report("bare", ()), tmp_path / "bare.png", size=SIZE).is_file()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file.worst\.png: cannot be written"):
        worst_picture(tube, check(tube), tmp_path / "file" / "worst.png", size=SIZE)


def test_a_mesh_without_a_vessel_is_pictured(tube, tmp_path, monkeypatch):
    """Free fluid inside tissue, cut in half; drawn flat, for it must not need GL."""
    script = tmp_path / "dies.py"
    script.write_text("raise SystemExit(1)\n")
    monkeypatch.setattr(drawing, "SCENE", (str(script),))
    regions = np.where(tube.regions == 1, Region.CSF, tube.regions).astype(np.int32)
    path = write_mesh(replace(tube, regions=regions), tmp_path / "head.vtu")
    drawn = mesh_picture(path, tmp_path / "head.png", size=SIZE)
    assert share(drawn.path, "#4fb0a5") > 1e-3
    assert share(drawn.path, "#55627a") > 1e-2
