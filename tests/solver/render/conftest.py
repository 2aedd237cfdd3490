"""A small straight vessel with made-up fields, written as a run folder."""

from typing import NamedTuple

import numpy as np
import pytest

from solver import store

AROUND, ALONG, LAYERS, INSIDE = 16, 14, 5, 2  # layers 0..INSIDE are perivascular space
RADII = np.array([6.0, 7.5, 9.0, 25.0, 60.0, 100.0]) * 1e-6
LENGTH = 400e-6


class Tube(NamedTuple):
    """A layered tube: its mesh, vessel coordinates per point, and what it was made from."""

    points: np.ndarray
    cells: np.ndarray
    region: np.ndarray
    fraction: np.ndarray
    path: np.ndarray
    wall_radius: float = RADII[0]
    sheath_radius: float = RADII[INSIDE]
    outer_radius: float = RADII[-1]
    length: float = LENGTH
    around: int = AROUND
    along: int = ALONG
    inside: int = INSIDE


@pytest.fixture(scope="session")
def tube():
    """Perivascular space in two layers, tissue in three, mouth on top."""
    layer, station, turn = np.meshgrid(
        np.arange(LAYERS + 1), np.arange(ALONG + 1), np.arange(AROUND), indexing="ij"
    )
    angle, path = 2 * np.pi * turn / AROUND, LENGTH * station / ALONG
    radius = RADII[layer]
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), -path], axis=-1)
    number = np.arange(layer.size).reshape(layer.shape)
    ahead = np.roll(number, -1, axis=2)
    box = [
        grid[inner, :, :][:, along, :]
        for inner in (slice(None, -1), slice(1, None))
        for along in (slice(None, -1), slice(1, None))
        for grid in (number, ahead)
    ]
    corners = np.stack(box, axis=-1).reshape(-1, 8)
    paths = [(1, 3), (1, 5), (2, 3), (2, 6), (4, 5), (4, 6)]  # from corner 0 to corner 7
    cells = np.concatenate([corners[:, [0, a, b, 7]] for a, b in paths])
    region = np.tile(np.where(np.arange(len(corners)) < INSIDE * ALONG * AROUND, 1, 2), len(paths))
    points = points.reshape(-1, 3)
    sides = points[cells[:, 1:]] - points[cells[:, :1]]
    inverted = np.linalg.det(sides) < 0
    cells[inverted] = cells[inverted][:, [0, 2, 1, 3]]
    fraction = np.minimum(layer / INSIDE, 1.0).ravel()
    return Tube(points, cells, region, fraction, path.ravel())


@pytest.fixture
def run_folder(tmp_path, tube):
    """A finished run of three fields, with most flow at 50 s."""
    points, cells, region, fraction, path, *_ = tube
    folder = store.open_run(tmp_path / "run")
    times = np.linspace(0.0, 60.0, 61)
    wave = np.sin(2 * np.pi * times / 50)
    store.save_signals(
        folder,
        {
            "time_s": times,
            "norepinephrine_relative": wave,
            "mean_radius_m": 6e-6 * (1 - 0.1 * wave),
            "blood_volume_m3": 4.5e-14 * (1 - 0.2 * wave),
            "pvs_volume_m3": 5.6e-14 * (1 + 0.16 * wave),
            "flow_inlet_m3_per_s": 1e-15 * np.exp(-((times - 50) ** 2)),
            "flow_distal_1_m3_per_s": 0 * wave,
            "flow_sheath_m3_per_s": 1e-17 * wave,
            "tracer_pvs_m3": 1e-14 * times / 60,
            "tracer_tissue_m3": 1e-15 * times / 60,
        },
    )
    store.save_summary(folder, {"converged": True})
    for time in (0.0, 50.0, 60.0):
        along = 4 * fraction * (1 - fraction) * 2e-5 * (1 - path / LENGTH)
        store.add_fields(
            folder,
            time,
            points,
            cells,
            {
                "velocity": along[:, None] * np.array([0.0, 0.0, -1.0]),
                "pressure": path,
                "concentration": np.exp(-path / 1e-4),
                "fraction": fraction,
                "path": path,
            },
            {"region": region},
        )
    return folder
