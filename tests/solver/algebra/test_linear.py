"""Maps with their own transpose: derivatives, batches, and that a reverse pass only gathers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.algebra.linear import parts, with_transpose
from solver.algebra.sparse import Incidence, fold, gather, members_of, pick, put, unfold
from solver.flow import StokesDarcy
from solver.flow.assemble import edges_of
from solver.geometry.metric import sweep
from solver.geometry.space import build_space

RANDOM = np.random.default_rng(5)
UM = 1e-6


def dense(function, items: int) -> np.ndarray:
    """The matrix of a linear map of vectors."""
    return np.stack([function(one) for one in np.eye(items)], axis=1)


@pytest.fixture(scope="module")
def space():
    tube = annulus(6 * UM, 9 * UM, 30 * UM, tissue_outer=20 * UM, across=2, around=6, along=3)
    return build_space(tube)


# every map that brings its transpose, as a function of one array, and that array's length
MAPS = {
    "at_corners": lambda s: (lambda x: jnp.concatenate(s.fluid.at_corners(x)), s.fluid.vertices),
    "at_ends": lambda s: (lambda x: jnp.concatenate(s.fluid.at_ends(x)), s.fluid.vertices),
    "of_ends": lambda s: (
        lambda x: s.fluid.of_ends(*x.reshape(2, -1)),
        2 * s.fluid.edges.shape[1],
    ),
    "on_rows": lambda s: (lambda x: s.fluid.on_rows(x).ravel(), s.fluid.edges.shape[1]),
    "around_edges": lambda s: (
        lambda x: s.fluid.around_edges(x.reshape(6, -1)),
        s.fluid.cell_edges.size,
    ),
    "around_vertices": lambda s: (s.fluid.around_vertices, s.fluid.cells.shape[1]),
    "of": lambda s: (s.sheath.of, s.fluid.vertices),
    "spread": lambda s: (s.sheath.spread, s.sheath.vertices.shape[0]),
    "at_corners of facets": lambda s: (
        lambda x: jnp.concatenate(s.sheath.at_corners(x)),
        s.fluid.vertices,
    ),
    "around_vertices of facets": lambda s: (s.sheath.around_vertices, s.sheath.facets.shape[1]),
    "inside": lambda s: (s.pairs.inside, s.fluid.vertices),
    "outside": lambda s: (s.pairs.outside, s.tissue.vertices),
    "into_fluid": lambda s: (s.pairs.into_fluid, s.pairs.fluid.shape[0]),
    "into_tissue": lambda s: (s.pairs.into_tissue, s.pairs.tissue.shape[0]),
    "fold": lambda s: (lambda x: fold(x, s.fluid.neighbours), s.fluid.row_edges.shape[1]),
    "unfold": lambda s: (lambda x: unfold(x, s.fluid.neighbours), s.fluid.vertices),
    "feet": lambda s: (lambda x: gather(x, s.feet), s.sheath.vertices.shape[0]),
    "edge_facets": lambda s: (lambda x: gather(x, s.edge_facets), s.boundary.facets.shape[1]),
}


@pytest.mark.parametrize("name", MAPS)
def test_the_declared_transpose_is_the_transpose(space, name):
    function, items = MAPS[name](space)
    matrix = dense(function, items)
    assert np.abs(matrix).max() > 0
    backward = jax.vjp(function, jnp.zeros(items))[1]
    transposed = dense(lambda y: backward(jnp.asarray(y))[0], matrix.shape[0])
    np.testing.assert_array_equal(transposed, matrix.T)
    again = jax.vjp(lambda y: backward(y)[0], jnp.zeros(matrix.shape[0]))[1]
    x = RANDOM.standard_normal(items)
    np.testing.assert_allclose(again(jnp.asarray(x))[0], matrix @ x, atol=1e-12)


def test_tangents_and_batches_pass_through():
    targets = np.array([2, 0, 2, 1, 2])
    members = members_of(targets, 3)
    incidence = Incidence(jnp.asarray(members), jnp.asarray(targets[None]))
    values, changes = RANDOM.standard_normal((2, 4, 5))

    def total(x):
        return gather(x, incidence) ** 2

    _, one_by_one = jax.vmap(lambda x, d: jax.jvp(total, (x,), (d,)))(values, changes)
    expected = 2 * gather(jnp.asarray(values), incidence) * gather(jnp.asarray(changes), incidence)
    np.testing.assert_allclose(one_by_one, expected, rtol=1e-14)
    # a batch along the last axis, and a Hessian: forward over reverse
    along = jax.vmap(lambda x: gather(x, incidence), in_axes=1, out_axes=1)(values.T)
    np.testing.assert_array_equal(along.T, gather(jnp.asarray(values), incidence))
    hessian = jax.hessian(lambda x: total(x).sum())(jnp.asarray(values[0]))
    matrix = dense(lambda x: gather(jnp.asarray(x), incidence), 5)
    np.testing.assert_allclose(hessian, 2 * matrix.T @ matrix, atol=1e-14)


def test_values_picked_and_put_back():
    members, slot = jnp.array([3, 1]), jnp.array([2, 1, 2, 0])
    values = jnp.array([5.0, 6.0, 7.0, 8.0])
    assert pick(values, members, slot).tolist() == [8.0, 6.0]
    assert put(jnp.array([1.0, 2.0]), members, slot).tolist() == [0.0, 2.0, 0.0, 1.0]


def test_what_stands_in_a_table_may_be_neither_batched_nor_differentiated():
    scaled = with_transpose(lambda x, scale: x * scale, lambda y, scale: y * scale)
    with pytest.raises(NotImplementedError, match="one mesh"):
        jax.vmap(scaled, in_axes=(None, 0))(jnp.ones(3), jnp.ones((2, 3)))
    with pytest.raises(NotImplementedError, match="only x may be"):
        jax.grad(lambda scale: scaled(jnp.ones(3), scale).sum())(jnp.ones(3))


def test_parts_are_what_indices_give():
    x = jnp.asarray(RANDOM.standard_normal((3, 2, 4)))
    assert all((part == x[i]).all() for i, part in enumerate(parts(x)))
    change = jax.grad(lambda x: (parts(x)[1] * parts(x)[2]).sum())(x)
    np.testing.assert_array_equal(change, jnp.stack([jnp.zeros((2, 4)), x[2], x[1]]))


def test_the_geometry_of_a_step_is_transposed_without_scattering(space):
    flow = StokesDarcy()

    def coefficients(points):
        step = sweep(space.fluid_rest, points, space.fluid)
        return jax.tree.leaves(edges_of(flow, space, step))

    def backward(points, changes):
        return jax.vjp(coefficients, points)[1](changes)

    changes = [jnp.ones_like(one) for one in coefficients(space.fluid_rest)]
    program = str(jax.make_jaxpr(backward)(space.fluid_rest, changes))
    assert "linear_with_transpose" in program
    assert "scatter" not in program
