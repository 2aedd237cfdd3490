"""The transposed matrix of a tracer's stage, of which adjoints are solved."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from solver.geometry.space import build_space
from solver.tracer.matrix import build_matrix, product, transposed, transposed_product
from solver.tracer.mouth import Joins, Reservoirs
from solver.tracer.operator import Rates

UM = 1e-6


@pytest.mark.parametrize("filling", [0.0, 1.0])
def test_the_transposed_product_is_the_transpose(filling):
    tube = annulus(6 * UM, 9 * UM, 30 * UM, tissue_outer=20 * UM, across=2, around=6, along=3)
    space, random = build_space(tube), np.random.default_rng(3)
    fluid, tissue, pairs = space.fluid, space.tissue, space.pairs.fluid.shape[0]

    def some(*shape):
        return jnp.asarray(random.uniform(0.5, 2.0, shape))

    rates = Rates(
        fluid=tuple(some(2, fluid.edges.shape[1])),
        tissue=tuple(some(2, tissue.edges.shape[1])),
        sheath=tuple(some(2, pairs)),
        loss=(some(fluid.vertices), some(tissue.vertices)),
    )
    mouth = jnp.zeros((1, fluid.vertices)).at[0, space.end("inlet").vertices].set(filling)
    nothing = jnp.zeros(1)
    beyond = Reservoirs(
        joins=Joins(mouth, jnp.zeros((1, tissue.vertices))),
        held=nothing,
        start=nothing,
        end=nothing,
        rates=some(1, 1),
        out=nothing,
        fresh=nothing,
        source=nothing,
    )
    content = (some(fluid.vertices), some(tissue.vertices), some(1))
    matrix = build_matrix(rates, space, beyond, content, 0.3)
    turned = transposed(matrix, rates, space)
    x, y = (tuple(some(*part.shape) for part in content) for _ in range(2))
    (expected,) = jax.vjp(lambda c: product(matrix, space, c), x)[1](y)
    for found, wanted in zip(transposed_product(turned, space, y), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    same = replace(turned, fluid=matrix.fluid)  # the test would see rows that are not turned
    assert not np.allclose(transposed_product(same, space, y)[0], expected[0], rtol=1e-3)
