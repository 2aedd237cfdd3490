"""A figure becomes a file."""

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
        raise InputError(
            f"{output}: cannot be written ({error.strerror}); choose another place."
        ) from error
    return output
