"""A figure or a text becomes a file."""

from pathlib import Path

from matplotlib.figure import Figure

from meshes.errors import InputError


def save_figure(figure: Figure, output_png: str | Path, dpi: float | None = None) -> Path:
    """Write a figure, making its folder; `dpi` is what the file states, not its size in pixels.

    Raises:
        InputError: the place cannot be written.
    """
    output = Path(output_png)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(output, pil_kwargs={"dpi": (dpi, dpi)} if dpi else None)
    except OSError as error:
        raise unwritable(output, error) from error
    return output


def save_text(text: str, output: str | Path) -> Path:
    """Write a text, making its folder.

    Raises:
        InputError: the place cannot be written.
    """
    output = Path(output)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable(output, error) from error
    return output


def unwritable(output: Path, error: OSError) -> InputError:
    """What to say of a place that cannot be written."""
    reason = error.strerror or str(error)
    return InputError(f"{output}: cannot be written ({reason}); choose another place.")
