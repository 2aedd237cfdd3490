"""The record of choices: nothing by default, nonsense refused by key, one order for all."""

from dataclasses import fields
from pathlib import Path

import hydra
import numpy as np
import pytest
import yaml

from meshes.clean.cleaning import Cleaning
from meshes.clean.order import clean_tree
from meshes.errors import InputError
from meshes.load import load
from meshes.samples import sample_tree
from meshes.write import write_mesh
from scripts.geometry import choose_mesh

CONF = Path(__file__).parents[3] / "conf" / "mesh" / "sample_or_file.yaml"


def test_nothing_is_done_by_default():
    tree = sample_tree()
    same = clean_tree(tree, Cleaning())
    assert Cleaning().empty
    np.testing.assert_array_equal(same.parent, tree.parent)
    np.testing.assert_array_equal(same.points, tree.points)
    np.testing.assert_array_equal(same.radius, tree.radius)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("merge", -1.0), ("merge", "a"), ("prune", np.nan), ("prune_ratio", True),
        ("spacing", 0.0), ("smooth_radius", 1e-9), ("orders", 0), ("orders", 1.5),
        ("bifurcations", -1), ("zero_radius", "guess"), ("cycles", "all"), ("root", [1, 2]),
        ("root", 1.5), ("piece", [1, 2, "z"]), ("subtree", {}), ("crop", "all"), ("crop", 3),
        ("crop", [[0, 1], [0, 1]]), ("crop", [[0, 1], [0, 1], [1, 0]]),
        ("crop", [[0, 1]] * 2 + [5]),
        ("crop", [[0, 1]] * 2 + [[np.nan, 1]]), ("crop", [[0, 1]] * 2 + ["ab"]),
    ],
)  # fmt: skip
def test_nonsense_is_refused_by_its_key(key, value):
    with pytest.raises(InputError, match=rf"mesh\.clean\.{key} is .*; give "):
        Cleaning(**{key: value})


def test_an_open_box():
    box = Cleaning(crop=[None, [None, 2], [0, None]]).box()
    assert box.tolist() == [[-np.inf, np.inf], [-np.inf, 2], [0, np.inf]]


def test_a_cropped_pruned_smoothed_resampled_tree_is_a_tree():
    tree = sample_tree()
    low = float(tree.points[:, 2].min())
    asked = Cleaning(
        crop=[None, None, [0.5 * low, None]], prune_ratio=3.0, smooth_radius=2.0, spacing=1.0
    )
    part = clean_tree(tree, asked)
    assert np.sum(part.parent < 0) == 1
    assert part.points[:, 2].min() >= 0.5 * low
    child = np.flatnonzero(part.parent >= 0)
    step = np.linalg.norm(part.points[child] - part.points[part.parent[child]], axis=1)
    assert np.all(step <= part.radius[child] * 1.2)
    assert len(part.notes) >= 4
    again = clean_tree(part, Cleaning())
    assert len(again.points) == len(part.points)


def test_the_configuration_lists_every_choice_in_order_and_makes_none():
    listed = yaml.safe_load(CONF.read_text(encoding="utf-8"))["clean"]
    assert [*listed] == [item.name for item in fields(Cleaning)]
    assert Cleaning(**listed).empty


def straight(folder: Path) -> Path:
    path = folder / "straight.swc"
    rows = (f"{i + 1} 2 0 0 {20 * i} 10 {i or -1}\n" for i in range(6))
    path.write_text("".join(rows))
    return path


def test_a_cleaned_tree_is_what_is_meshed(tmp_path):
    path = straight(tmp_path)
    with hydra.initialize_config_dir(str(CONF.parents[1]), version_base=None):
        asked = [f"mesh.path={path}", "mesh.tissue=0", "mesh.clean.spacing=2"]
        config = hydra.compose("mesh", [*asked, "mesh.clean.crop=[null,null,[30e-6,70e-6]]"])
    mesh = choose_mesh(config.mesh, lambda _: None)
    assert mesh.points[:, 2].min() == pytest.approx(30e-6, abs=1e-12)
    assert mesh.points[:, 2].max() == pytest.approx(70e-6, abs=1e-12)
    assert any("cropped to a box: 4e-05 of 0.0001 m" in note for note in mesh.notes)


def test_a_volume_mesh_is_not_cleaned(tmp_path):
    path = write_mesh(load(straight(tmp_path), gap=5e-6, tissue=0.0), tmp_path / "mesh.vtu")
    assert len(load(path, clean=Cleaning()).points)
    with pytest.raises(InputError, match=r"mesh\.vtu: is a volume mesh.*leave out mesh\.clean"):
        load(path, clean=Cleaning(prune=1e-6))
