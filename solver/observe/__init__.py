"""What is read off a run: instruments in it, and the analysis of what they read."""

from solver.observe.instrument import (
    Axis,
    Instrument,
    Ready,
    put_in_place,
    unit_of,
)
from solver.observe.line_scan import DiameterScan, VelocityScan
from solver.observe.photometry import Photometry
from solver.observe.region import RegionMean, Roi
from solver.observe.sigma import Sigma
from solver.observe.voxels import Voxels

__all__ = [
    "Axis",
    "DiameterScan",
    "Instrument",
    "Photometry",
    "Ready",
    "RegionMean",
    "Roi",
    "Sigma",
    "VelocityScan",
    "Voxels",
    "put_in_place",
    "unit_of",
]
