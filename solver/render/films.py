"""A film of a run: one view, one set of ranges, one frame after another, as MP4 or GIF.

MP4 (H.264) is encoded by the ffmpeg that imageio-ffmpeg brings (extra `film`); GIF needs no extra.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from meshes.errors import InputError
from solver.render import drawing
from solver.render.pictures import compose
from solver.render.preset import OVERVIEW, Preset
from solver.render.save import unwritable
from solver.render.staging import Ranges, Staging, stage

SUFFIXES = (".mp4", ".gif")
SHADES = 255  # colours of a GIF, the same in all frames
SAMPLED = 6  # frames in which they are sought

Frame = UInt8[np.ndarray, "rows columns 3"]


@dataclass(frozen=True)
class FilmReport:
    """What came of a film.

    Attributes:
        path: the file.
        frames: how many it has.
        kind: "scene" in three dimensions, "projection" flat.
        message: empty for a scene; else why not, and what to install.
    """

    path: Path
    frames: int
    kind: Literal["scene", "projection"]
    message: str = ""


def film(
    run_folder: str | Path,
    output: str | Path,
    *,
    preset: Preset = OVERVIEW,
    frames: int | None = None,
    rate: float = 12.0,
    since: float | None = None,
    until: float | None = None,
    size: tuple[int, int] = (1280, 720),
    theme: str = "dark",
    ranges: Ranges | None = None,
    against: str | Path | None = None,
) -> FilmReport:
    """Film a run, or two side by side, at a fixed camera and fixed ranges.

    Args:
        run_folder: what `pvs-simulate` left.
        output: where the film goes, `.mp4` or `.gif`.
        preset: what is shown.
        frames: how many, evenly in time and interpolated between fields; by default one for every
            field written.
        rate: frames per second of the film.
        since: s of the run, its beginning by default.
        until: s of the run, its end by default.
        size: pixels, even for an MP4.
        theme: "dark" or "white".
        ranges: lowest and highest of quantities, SI, if not those of the run.
        against: a second run, beside the first at the same times, scale and ranges.

    Raises:
        InputError: a folder is not a run or holds no fields, the suffix is not known, the extra is
            missing, or the place cannot be written.
    """
    output = Path(output)
    check_suffix(output)
    if output.suffix == ".mp4" and any(side % 2 for side in size):
        raise InputError(f"size is {list(size)}; an MP4 needs even numbers of pixels.")
    folders = [run_folder, *([against] if against else [])]
    staging = stage(folders, preset, size, theme, ranges)
    times = moments(staging, frames, since, until)
    with tempfile.TemporaryDirectory() as scratch:
        shots = [shot for time in times for shot in staging.shots(time)]
        reason = drawing.draw(shots, preset, staging.ranges, theme, staging.panel, Path(scratch))
        drawn = _frames(staging, times, Path(scratch), flat=bool(reason))
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            (_write_mp4 if output.suffix == ".mp4" else _write_gif)(output, drawn, size, rate)
        except OSError as error:
            raise unwritable(output, error) from error
    message = f"Drawn flat, not in 3D: {reason}." if reason else ""
    return FilmReport(output, len(times), "projection" if reason else "scene", message)


def check_suffix(output: Path) -> None:
    """Refuse a film that could not be written, before it is drawn.

    Raises:
        InputError: naming the suffix or the missing extra.
    """
    if output.suffix not in SUFFIXES:
        raise InputError(f"{output}: a film is {' or '.join(SUFFIXES)}.")
    if output.suffix == ".mp4" and find_spec("imageio_ffmpeg") is None:
        raise InputError(
            f"{output}: an MP4 needs an encoder; python -m pip install 'glymphax[film]', or make a "
            "GIF."
        )


def moments(
    staging: Staging, frames: int | None, since: float | None, until: float | None
) -> Float[np.ndarray, " frames"]:
    """Times of the frames, s: within what every run on stage has written.

    Raises:
        InputError: if nothing lies between `since` and `until`, or there are no frames.
    """
    first = max(float(run.times[0]) for run in staging.runs)
    last = min(float(run.times[-1]) for run in staging.runs)
    start, end = (first if since is None else since), (last if until is None else until)
    start, end = max(start, first), min(end, last)
    if start > end or (frames is not None and frames < 1):
        raise InputError(
            f"no frame lies between since={since} and until={until} with frames={frames}; fields "
            f"are from {first:g} s to {last:g} s."
        )
    if frames is not None:
        return np.linspace(start, end, frames)
    written = staging.runs[0].times
    return written[(written >= start) & (written <= end)]


def _frames(
    staging: Staging, times: Float[np.ndarray, " frames"], scratch: Path, *, flat: bool
) -> Iterator[Frame]:
    """The frames, one at a time."""
    count = len(staging.runs)
    for number, time in enumerate(times):
        shots = range(count * number, count * (number + 1))
        canvas = compose(staging, float(time), scratch, shots, flat=flat).canvas
        assert isinstance(canvas, FigureCanvasAgg)
        canvas.draw()
        yield np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _write_mp4(output: Path, frames: Iterator[Frame], size: tuple[int, int], rate: float) -> None:
    import imageio_ffmpeg

    writer = imageio_ffmpeg.write_frames(
        str(output), size, fps=rate, codec="libx264", quality=8, macro_block_size=2
    )
    writer.send(None)
    for frame in frames:
        writer.send(frame.tobytes())
    writer.close()


def _write_gif(output: Path, frames: Iterator[Frame], size: tuple[int, int], rate: float) -> None:
    del size
    images = [Image.fromarray(frame) for frame in frames]
    sampled = images[:: max(1, len(images) // SAMPLED)]
    sheet = Image.new("RGB", (sampled[0].width, sampled[0].height * len(sampled)))
    for row, image in enumerate(sampled):
        sheet.paste(image, (0, row * image.height))
    shades = sheet.quantize(SHADES, method=Image.Quantize.MAXCOVERAGE)
    first, *others = (image.quantize(palette=shades, dither=Image.Dither.NONE) for image in images)
    first.save(output, save_all=True, append_images=others, duration=round(1000.0 / rate), loop=0)
