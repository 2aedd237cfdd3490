"""What the brain says: norepinephrine against time, synthetic, silent or recorded."""

from solver.signal.norepinephrine import Norepinephrine
from solver.signal.onset import Signal, read_signal
from solver.signal.quiet import Quiet
from solver.signal.recorded import Recorded, read_trace
from solver.signal.states import STATES

__all__ = ["STATES", "Norepinephrine", "Quiet", "Recorded", "Signal", "read_signal", "read_trace"]
