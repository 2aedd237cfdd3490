"""What the tests of tree files share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from meshes.errors import InputError
from meshes.read_tree import read_tree


@pytest.fixture(scope="session")
def refused() -> Callable[..., None]:
    """Reading fails with one sentence that names the file and holds all the words."""

    def check(path: Path, *words: str, units: str | None = "um", names: str = "") -> None:
        with pytest.raises(InputError) as caught:
            read_tree(path, units)
        message = str(caught.value)
        assert "\n" not in message
        assert (names or str(path)) in message, message
        for word in words:
            assert word in message, message

    return check
