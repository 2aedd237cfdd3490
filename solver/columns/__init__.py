"""Traces that somebody recorded, times and values, from CSV and NWB files."""

from solver.columns.series import Gaps, Trend, read_series, trend
from solver.columns.table import Columns, bare, read_columns, read_labels

__all__ = [
    "Columns",
    "Gaps",
    "Trend",
    "bare",
    "read_columns",
    "read_labels",
    "read_series",
    "trend",
]
