"""What is read off a run: instruments in it, and the analysis of what they read."""

from solver.observe.instrument import (
    Axis,
    Instrument,
    Noise,
    Ready,
    put_in_place,
    unit_of,
)
from solver.observe.line_scan import DiameterScan, VelocityScan
from solver.observe.photometry import Photometry
from solver.observe.region import RegionMean, Roi
from solver.observe.voxels import Voxels

__all__ = [
    "Axis",
    "DiameterScan",
    "Instrument",
    "Noise",
    "Photometry",
    "Ready",
    "RegionMean",
    "Roi",
    "VelocityScan",
    "Voxels",
    "put_in_place",
    "unit_of",
]
