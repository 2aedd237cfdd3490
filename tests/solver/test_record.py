"""Records are trees of their own kind."""

import jax
import pytest

from solver.record import record, static


@record
class First:
    """A record with a leaf."""

    value: float = 1.0
    word: str = static(default="same")


@record
class Second:
    """Another that looks alike."""

    value: float = 1.0
    word: str = static(default="same")


@record
class Nothing:
    """A choice without numbers."""


@record
class Nought:
    """Another choice without numbers."""


@pytest.mark.parametrize(("one", "other"), [(First(), Second()), (Nothing(), Nought())])
def test_records_of_two_classes_are_never_one_structure(one, other):
    assert jax.tree.structure(one) != jax.tree.structure(other)
    assert jax.tree.structure(one) == jax.tree.structure(type(one)())


def test_numbers_are_leaves_named_by_their_path_and_words_are_structure():
    (path, leaf), *rest = jax.tree_util.tree_leaves_with_path({"wall": First(2.0)})
    assert (jax.tree_util.keystr(path), leaf, rest) == ("['wall'].value", 2.0, [])
    assert jax.tree.structure(First()) != jax.tree.structure(First(word="other"))
    doubled = jax.tree.map(lambda x: 2.0 * x, First(3.0, "kept"))
    assert (doubled.value, doubled.word) == (6.0, "kept")
