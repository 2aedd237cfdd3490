"""Shots become images: by pyvista in a child process, where the machine can.

VTK ends the interpreter where GL libraries are missing, so the scene is drawn in a process of its
own with a time limit. Images are drawn twice as large and averaged, which smooths every edge.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from solver.render.preset import Preset
from solver.render.shot import Shot

SCENE = ("-P", "-m", "solver.render.scene")  # what the child process runs
TIME_LIMIT = 120.0  # s, for the child to begin and draw one shot
PER_SHOT = 60.0  # s, for each further one
FINER = 2  # pixels drawn for every pixel shown, each way

Picture = UInt8[np.ndarray, "rows columns 3"]


def draw(
    shots: Sequence[Shot],
    preset: Preset,
    ranges: Mapping[str, tuple[float, float]],
    theme: str,
    size: tuple[int, int],
    scratch: Path,
    *,
    interactive: bool = False,
) -> str:
    """Draw shots into `scratch`, as `image` reads them.

    Args:
        shots: in order.
        preset: what they show.
        ranges: lowest and highest of every quantity, SI.
        theme: "dark" or "white".
        size: pixels of each.
        scratch: a folder.
        interactive: show them in a window instead, with no time limit.

    Returns:
        Empty if all was drawn, else why not and what to do.
    """
    finer = 1 if interactive else FINER
    request = scratch / "request.json"
    asked = {
        "shots": [shot.asked() for shot in shots],
        "preset": asdict(preset),
        "ranges": dict(ranges),
        "theme": theme,
        "size": [finer * side for side in size],
        "output": str(scratch),
        "interactive": interactive,
    }
    request.write_text(json.dumps(asked), encoding="utf-8")
    limit = None if interactive else TIME_LIMIT + PER_SHOT * (len(shots) - 1)
    reason = _run_scene(request, limit)
    if not reason and not interactive and len([*scratch.glob("*.png")]) < len(shots):
        return "the drawing process left no picture"
    return reason


def image(scratch: Path, number: int) -> Picture:
    """A drawn shot at the size asked for."""
    with Image.open(scratch / f"{number:05d}.png") as drawn:
        return np.asarray(drawn.convert("RGB").reduce(FINER))


def _run_scene(request: Path, limit: float | None) -> str:
    """Run the child; empty if it drew, else why not and what to do."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "JAX_PLATFORMS": "cpu"}
    try:
        child = subprocess.run(
            [sys.executable, *SCENE, str(request)],
            env=environment,
            cwd=request.parent,  # should it die with a core file, that goes with the scratch
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the drawing process took longer than {limit:.0f} s"
    if child.returncode == 0:
        return ""
    remedy = "install the system package libegl1 or libosmesa6"
    absent = re.search(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object", child.stderr)
    if absent:
        return f"the system library {absent[1]} is missing; {remedy}, and the one that holds it"
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        return f"off-screen rendering ended with {name}, as it does without GL; {remedy}"
    last = (child.stderr.strip().splitlines() or ["no message"])[-1]
    return f"the drawing process failed ({last})"
