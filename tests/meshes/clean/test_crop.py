"""A box cuts vessels at its faces, keeps one piece, and finds its mouth."""

from itertools import pairwise

import numpy as np
import pytest

from meshes.clean.crop import crop
from meshes.errors import InputError

OPEN = [-np.inf, np.inf]


def box(x=OPEN, y=OPEN, z=OPEN):
    return np.array([x, y, z], dtype=float)


def test_cuts_lie_on_the_faces_with_the_radius_there(chain):
    taper = chain([[0, 0, 0], [0, 0, 40], [0, 0, 100]], [10, 8, 5])
    part = crop(taper, box(z=[25, 70]))
    order = np.argsort(part.points[:, 2])
    np.testing.assert_allclose(part.points[order, 2], [25, 40, 70], rtol=1e-14)
    np.testing.assert_allclose(part.radius[order], [8.75, 8, 6.5], rtol=1e-14)
    assert part.points[part.mouths, 2].tolist() == [25]
    assert any("45 of 100 m" in note and "2 places" in note for note in part.notes)


def test_slabs_share_out_the_whole_length(chain):
    t = np.linspace(0.0, 20.0, 400)
    helix = chain(np.stack([t, np.cos(t), np.sin(t)], axis=1))
    faces = np.sort(np.random.default_rng(1).uniform(0, 20, 7))
    faces = [-np.inf, *faces, np.inf]
    parts = [crop(helix, box(x=pair)) for pair in pairwise(faces)]
    total = sum(part.length.sum() for part in parts)
    assert total == pytest.approx(helix.length.sum(), rel=1e-13)


def test_a_segment_through_the_whole_box_is_cut_twice(chain):
    part = crop(chain([[-9, 0.2, 0.1], [9, 0.2, 0.1]]), box([-1, 1], [0, 1], [0, 1]))
    assert sorted(part.points[:, 0].tolist()) == [-1, 1]
    assert part.labels.tolist() == ["", ""]
    assert part.points[part.mouths[0], 0] == -1


def test_a_node_on_a_face_is_the_tip(chain):
    part = crop(chain([[0, 0, 0], [0, 0, 1], [0, 0, 2]]), box(z=[-1, 1]))
    assert part.points[:, 2].tolist() == [0, 1]


def test_the_piece_of_the_root_stays_and_what_is_lost_is_told(binary):
    tree = binary(3)
    part = crop(tree, box(z=[-1, 15]))
    assert np.sum(part.degree == 1) == 3
    assert part.mouths.tolist() == [0]
    upper = crop(tree, box(z=[15, 100]))  # two equal halves, the root in neither
    assert any("dropped 1 others" in note for note in upper.notes)
    assert np.sum(upper.degree > 2) == 3


def test_the_mouth_is_the_way_from_the_root_and_not_the_widest_tip(vessels):
    tree = vessels(
        [[0, 0, 0], [0, 0, 10], [5, 0, 15], [-5, 0, 15]],
        [[0, 1], [1, 2], [1, 3]],
        [2, 2, 6, 1],
        [0],
    )
    part = crop(tree, box(z=[5, 20]))
    assert part.points[part.mouths[0]].tolist() == [0, 0, 5]


def test_a_named_piece(binary):
    tree = binary(2)
    right = int(np.argmax(tree.points[:, 0]))
    part = crop(tree, box(z=[12, 100]), str(right))
    assert part.points[:, 0].min() > 0
    assert crop(tree, box(z=[12, 100]), [90, 0, 30]).points[:, 0].min() > 0
    with pytest.raises(InputError, match=r"mesh\.clean\.piece is '0'.*no node of that name"):
        crop(tree, box(z=[12, 100]), "0")


def test_an_empty_box_is_refused_with_the_extent(chain):
    with pytest.raises(InputError, match=r"no vessel lies inside.*\[0, 2\]"):
        crop(chain([[0, 0, 0], [0, 0, 2]]), box(x=[1, 2]))


def test_cycles_survive_in_the_box(vessels):
    ring = vessels(
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [-5, 0, 0]],
        [[0, 1], [1, 2], [2, 3], [3, 0], [4, 0]],
    )
    part = crop(ring, box(x=[-1, 2]))
    assert len(part.edges) == len(part.points)
    np.testing.assert_allclose(part.points[part.mouths[0]], [-1, 0, 0], rtol=1e-14)


def test_many_segments_against_their_samples(vessels):
    """The length inside is the share of sample points inside, whatever way a segment crosses."""
    random = np.random.default_rng(5)
    ends = random.uniform(-2, 2, (60, 2, 3))
    sides = box([-1, 1], [-1, 0.5], [-0.5, 1])
    t = (np.arange(4000) + 0.5) / 4000
    for a, b in ends:
        samples = a + t[:, None] * (b - a)
        share = np.mean(np.all((samples > sides[:, 0]) & (samples < sides[:, 1]), axis=1))
        segment = vessels([a, b], [[0, 1]], mouths=[0])
        if share == 0:
            with pytest.raises(InputError, match="no vessel lies inside"):
                crop(segment, sides)
        else:
            part = crop(segment, sides).length.sum() / segment.length.sum()
            assert part == pytest.approx(share, abs=1 / 4000)
