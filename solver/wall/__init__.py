"""How vessels answer: norepinephrine in, the ratio of lumen radius to rest out."""

from solver.wall.band import Band, StateBand
from solver.wall.curve import Hill, Proportional, Tanh
from solver.wall.kernel import FirstOrder, Gamma
from solver.wall.motion import Motion
from solver.wall.myogenic import Myogenic
from solver.wall.prescribed import Prescribed
from solver.wall.profile import Ramp, Table, Uniform
from solver.wall.recorded import Recorded
from solver.wall.response import Response, Wall
from solver.wall.still import Still
from solver.wall.trace import read_diameter
from solver.wall.vasomotion import Vasomotion

__all__ = [
    "Band",
    "FirstOrder",
    "Gamma",
    "Hill",
    "Motion",
    "Myogenic",
    "Prescribed",
    "Proportional",
    "Ramp",
    "Recorded",
    "Response",
    "StateBand",
    "Still",
    "Table",
    "Tanh",
    "Uniform",
    "Vasomotion",
    "Wall",
    "read_diameter",
]
