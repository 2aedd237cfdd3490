"""What is asked of every input file before it is opened."""

from pathlib import Path

from meshes.errors import InputError


def existing_file(path: str | Path, key: str = "mesh.path") -> Path:
    """The path, if it is a file with something in it.

    Args:
        key: of the configuration, for messages.

    Raises:
        InputError: missing, a directory, or empty.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file; check {key}")
    if path.is_dir():
        raise InputError(f"{path}: is a directory; give the file inside it as {key}")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: is empty; write or copy the file again")
    return path
