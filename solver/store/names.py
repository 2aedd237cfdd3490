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
PICTURES = ("figures/signals.png", "figures/observed.png", "figures/scene.png")
