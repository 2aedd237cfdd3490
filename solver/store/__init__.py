"""The run folder: what a run leaves behind, written so that an interrupted run still opens.

    config.yaml    the configuration as composed
    summary.json   SI, the unit in the name; how every solve went
    signals.csv    one row a step, `time_s` first, written while the run goes
    run.nc         the same with times, places and tracers as axes, netCDF 3
    fields.pvd     the series that ParaView opens, with times in seconds
    observed/      <instrument>.nc: arrays in time with their axes and units, netCDF 3
    fields/        step_00000.vtu ...: points in metres, velocity m/s, pressure Pa, concentration 1
    figures/       made from the files above
    checkpoint.npz where a run that did not end goes on; gone when it has

Every file is written beside its place and renamed, so a reader never sees half of one; only
signals.csv grows, by whole rows.
"""

from solver.store.arrays import Variable, columns_of, read_observed, save_arrays, save_observed
from solver.store.checkpoint import read_checkpoint, remove_checkpoint, save_checkpoint
from solver.store.fields import add_fields, cut_fields
from solver.store.names import (
    ARRAYS,
    CHECKPOINT,
    CONFIG,
    FIELDS,
    OBSERVED,
    PICTURES,
    SERIES,
    SIGNALS,
    SUMMARY,
    WRITTEN,
)
from solver.store.run import RunFiles, open_run, read_run, save_config, save_summary
from solver.store.signals import add_signals, save_signals
from solver.store.writing import Unwritable

__all__ = [  # noqa: RUF022 - in the order of the folder above
    "RunFiles",
    "open_run",
    "read_run",
    "save_config",
    "save_summary",
    "save_signals",
    "add_signals",
    "add_fields",
    "cut_fields",
    "Variable",
    "save_arrays",
    "save_observed",
    "read_observed",
    "columns_of",
    "save_checkpoint",
    "read_checkpoint",
    "remove_checkpoint",
    "Unwritable",
    "ARRAYS",
    "CHECKPOINT",
    "CONFIG",
    "FIELDS",
    "OBSERVED",
    "PICTURES",
    "SERIES",
    "SIGNALS",
    "SUMMARY",
    "WRITTEN",
]
