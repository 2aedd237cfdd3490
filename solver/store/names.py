"""How the files of a run folder are called."""

CONFIG, SUMMARY, SIGNALS, CHECKPOINT = (
    "config.yaml",
    "summary.json",
    "signals.csv",
    "checkpoint.npz",
)
SERIES, FIELDS, OBSERVED, ARRAYS = "fields.pvd", "fields", "observed", "run.nc"
WRITTEN = (
    *(CONFIG, SUMMARY, SIGNALS, CHECKPOINT, SERIES, ARRAYS),
    f"{FIELDS}/step_*.vtu",
    f"{OBSERVED}/*.nc",
)
PRESETS = ("overview", "cross_section", "clearance", "compare")  # that pvs-render draws
PICTURES = (
    *(f"figures/{name}.png" for name in ("signals", "observed", "scene")),
    *(f"figures/{name}.*" for name in PRESETS),
    "report.html",
)
