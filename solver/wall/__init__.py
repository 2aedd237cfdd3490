"""How vessels answer: norepinephrine in, the ratio of lumen radius to rest out."""

from solver.wall.prescribed import Prescribed
from solver.wall.response import Response, Wall
from solver.wall.still import Still
from solver.wall.vasomotion import Band, Vasomotion

__all__ = ["Band", "Prescribed", "Response", "Still", "Vasomotion", "Wall"]
