"""Evaluations kept on disk: nothing is evaluated twice, and a file cut off loses its last alone."""

import numpy as np
import pytest

from solver.fit.memory import Memory


@pytest.fixture
def path(tmp_path):
    return tmp_path / "evaluations.npy"


def remember(path, keys):
    memory = Memory(path)
    asked = []

    def evaluate(key):
        asked.append(key)
        return np.arange(float(key)), np.array(True)

    found = {key: memory.recall(str(key), lambda key=key: evaluate(key)) for key in keys}
    return asked, found


def test_what_was_evaluated_is_not_evaluated_again(path):
    assert remember(path, [1, 2, 2])[0] == [1, 2]
    asked, found = remember(path, [2, 3])
    assert asked == [3]
    np.testing.assert_array_equal(found[2][0], [0.0, 1.0])
    assert bool(found[2][1]) and len(Memory(path)) == 3


@pytest.mark.parametrize("lost", [1, 60, 200])
def test_an_evaluation_that_was_cut_off_is_made_again(path, lost):
    remember(path, [1, 2, 3])
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - lost)
    assert remember(path, [1, 2, 3])[0] == [3]
    assert remember(path, [1, 2, 3])[0] == []


def test_without_a_file_it_lasts_as_long_as_it_is_held():
    assert remember(None, [1, 1])[0] == [1]
    assert remember(None, [1])[0] == [1]
