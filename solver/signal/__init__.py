"""What the brain says: norepinephrine against time, and the vigilance state it belongs to."""

from solver.signal.chance import draw_bouts
from solver.signal.cycles import Cycles, draw_cycles
from solver.signal.hypnogram import Hypnogram, list_bouts, read_hypnogram
from solver.signal.infraslow import Arousals, Infraslow
from solver.signal.kinetics import Firing, Release
from solver.signal.norepinephrine import Norepinephrine
from solver.signal.onset import Signal, read_signal
from solver.signal.optogenetic import Optogenetic
from solver.signal.quiet import Quiet
from solver.signal.recorded import Recorded
from solver.signal.sleep import Levels, Sleep
from solver.signal.states import STATES
from solver.signal.suppressed import Suppressed
from solver.signal.trace import read_trace

__all__ = [
    "STATES",
    "Arousals",
    "Cycles",
    "Firing",
    "Hypnogram",
    "Infraslow",
    "Levels",
    "Norepinephrine",
    "Optogenetic",
    "Quiet",
    "Recorded",
    "Release",
    "Signal",
    "Sleep",
    "Suppressed",
    "draw_bouts",
    "draw_cycles",
    "list_bouts",
    "read_hypnogram",
    "read_signal",
    "read_trace",
]
