"""Linear maps that bring their own transpose.

jax transposes a gather to a scatter, which a CPU does entry by entry and a GPU in no fixed order.
Where a table tells who gathered an entry, the transpose gathers as well. Such a pair of maps is one
operation here, and a reverse pass puts one for the other; tangents and batches pass through both.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.core import ShapedArray
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Float

Map = Callable[..., Array]


def with_transpose(forth: Map, back: Map) -> Map:
    """`forth(x, *tables)`, linear in x, of which `back(y, *tables)` is the transpose.

    Both act on the last axis of an array whatever stands before it, and both have to stay the same
    functions from call to call, since programs are kept by them.

    Raises:
        NotImplementedError: where tables are batched, for a batch has one mesh, or differentiated.
    """

    def apply(x: Array, *tables: Array) -> Array:
        return _linear.bind(x, *tables, forth=forth, back=back)

    return apply


def parts(x: Float[Array, "count *axes"]) -> tuple[Float[Array, "*axes"], ...]:
    """What stands along the first axis.

    Of indices a reverse pass makes arrays as large as x, one for each, zero but for their part, and
    adds them up; of these it makes one.
    """
    pieces = jax.lax.split(x, (1,) * x.shape[0], axis=0)
    return tuple(piece.reshape(x.shape[1:]) for piece in pieces)


@partial(jax.jit, static_argnames=("forth", "back"))
def _evaluate(x: Array, *tables: Array, forth: Map, back: Map) -> Array:
    return forth(x, *tables)


def _shape(x: ShapedArray, *tables: ShapedArray, forth: Map, back: Map) -> ShapedArray:
    like = jax.eval_shape(forth, *(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in (x, *tables)))
    return ShapedArray(like.shape, like.dtype)


def _push(arrays: tuple, changes: tuple, *, forth: Map, back: Map) -> tuple[Array, Array]:
    if not all(isinstance(change, ad.Zero) for change in changes[1:]):
        raise NotImplementedError("a table of a linear map is differentiated: only x may be")
    x, *tables = arrays
    image, change = (_linear.bind(one, *tables, forth=forth, back=back) for one in (x, changes[0]))
    return image, change


def _transpose(image: Array, x: Array, *tables: Array, forth: Map, back: Map) -> list:
    nothing = [None] * len(tables)
    if isinstance(image, ad.Zero):
        return [ad.Zero(x.aval), *nothing]
    return [_linear.bind(image, *tables, forth=back, back=forth), *nothing]


def _batch(arrays: tuple, axes: tuple, *, forth: Map, back: Map) -> tuple[Array, int]:
    if any(axis is not None for axis in axes[1:]):
        raise NotImplementedError("the tables of a gather are batched: a batch has one mesh")
    x, *tables = arrays
    return _linear.bind(jnp.moveaxis(x, axes[0], 0), *tables, forth=forth, back=back), 0


_linear = Primitive("linear_with_transpose")
_linear.def_impl(_evaluate)
_linear.def_abstract_eval(_shape)
ad.primitive_jvps[_linear] = _push
ad.primitive_transposes[_linear] = _transpose
batching.primitive_batchers[_linear] = _batch
mlir.register_lowering(
    _linear,
    mlir.lower_fun(lambda x, *tables, forth, back: forth(x, *tables), multiple_results=False),
)
