"""Traces that somebody recorded, times and values, from CSV and NWB files."""

from solver.columns.series import Gaps, read_series, trend
from solver.columns.table import Columns, bare, read_columns

__all__ = ["Columns", "Gaps", "bare", "read_columns", "read_series", "trend"]
