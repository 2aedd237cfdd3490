"""What is read off a run: instruments in it, and the analysis of what they read."""

from solver.observe.answer import Answer
from solver.observe.image import Image
from solver.observe.instrument import (
    Axis,
    Instrument,
    Ready,
    put_in_place,
)
from solver.observe.kinetics import approach, efflux, half_life, influx
from solver.observe.line_scan import DiameterScan, VelocityScan
from solver.observe.locking import phase_locking
from solver.observe.photometry import Photometry
from solver.observe.region import RegionMean, Roi
from solver.observe.rhythm import lag, lag_within
from solver.observe.sigma import Sigma
from solver.observe.spectra import band_power, coherence, spectrum
from solver.observe.voxels import Voxels

__all__ = [
    "Answer",
    "Axis",
    "DiameterScan",
    "Image",
    "Instrument",
    "Photometry",
    "Ready",
    "RegionMean",
    "Roi",
    "Sigma",
    "VelocityScan",
    "Voxels",
    "approach",
    "band_power",
    "coherence",
    "efflux",
    "half_life",
    "influx",
    "lag",
    "lag_within",
    "phase_locking",
    "put_in_place",
    "spectrum",
]
