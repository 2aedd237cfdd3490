"""Lines from wall to sheath: all of a layered mesh, single vertices of any other."""

import numpy as np

from meshes.annulus import annulus
from solver.geometry.lines import build_lines
from solver.geometry.space import build_space

UM = 1e-6


def test_columns_of_a_layered_mesh_in_order():
    space = build_space(annulus(6 * UM, 9 * UM, 12 * UM, across=3, around=8, along=2))
    lines = space.lines
    assert lines.layered
    table, fraction = np.asarray(lines.vertices), np.asarray(space.fraction)
    assert table.shape == (4, 8 * 3)
    assert np.allclose(fraction[table], (np.arange(4) / 3)[:, None])
    assert (table.ravel()[np.asarray(lines.place)] == np.arange(space.fluid.vertices)).all()
    ends = np.sort(np.asarray(space.fluid.edges)[:, np.asarray(lines.edges)], axis=0)
    assert (ends == np.sort(np.stack([table[:-1], table[1:]]), axis=0)).all()


def test_lines_of_unequal_length_are_padded():
    column, fraction = np.array([0, 1, 1, 0, 1]), np.array([0.0, 1.0, 0.5, 1.0, 0.0])
    edges = np.array([[0, 1, 2, 2], [3, 2, 3, 4]])
    lines = build_lines(column, fraction, edges)
    assert lines.layered
    assert np.asarray(lines.vertices).tolist() == [[0, 4], [3, 2], [5, 1]]
    assert np.asarray(lines.edges).tolist() == [[0, 3], [4, 1]]


def test_a_broken_column_makes_every_vertex_a_line():
    column, fraction = np.array([0, 0, 1, 1]), np.array([0.0, 1.0, 0.0, 1.0])
    torn = build_lines(column, fraction, np.array([[0, 1], [1, 2]]))
    short = build_lines(column, 0.5 * fraction, np.array([[0, 2], [1, 3]]))
    for lines in (torn, short):
        assert not lines.layered
        assert np.asarray(lines.vertices).tolist() == [[0, 1, 2, 3]]
        assert np.asarray(lines.edges).shape == (0, 4)
