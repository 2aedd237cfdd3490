"""How far are runs in three dimensions from the one-dimensional model? Prints a table.

python -m benchmarks.reduced            NREM, still and others, L = 1 mm, 500 s
python -m benchmarks.reduced 3600       an hour
"""

import sys

import hydra
import jax

jax.config.update("jax_enable_x64", True)

import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402

from scripts.bench import Bench  # noqa: E402
from scripts.command import CONF  # noqa: E402
from solver.claims import Outcome, measure  # noqa: E402
from tests.exact.reduced import Tube, run  # noqa: E402
from tests.exact.reduced.motion import vasomotion  # noqa: E402

STEP = 2.5  # s
OBSERVABLES = ("arrived", "swing", "flow")
EXPERIMENTS = {  # overrides of the simulation; the tube; the motion
    "nrem": ([], {}, {}),
    "still": (["wall.gain=0.0"], {}, {"gain": 0.0}),
    "zolpidem": (["signal.amplitude=0.5"], {}, {"amplitude": 0.5}),
    "wake": (["tracer.porosity=0.14", "wall.gain=0.0"], {"porosity": 0.14}, {"gain": 0.0}),
    "sleep": (["tracer.porosity=0.23"], {"porosity": 0.23}, {}),
    "0.01 Hz": (["signal.frequency=0.01"], {}, {"frequency": 0.01}),
    "0.035 Hz": (["signal.frequency=0.035"], {}, {"frequency": 0.035}),
    "endfeet x 3": (
        ["tracer.sheath_permeability=1.14e-6"],
        {"sheath_permeability": 1.14e-6},
        {},
    ),
    "L_p x 3": (["flow.sheath.conductance=3e-10"], {"conductance": 3e-10}, {}),
    "waves, closed": (["wall.speed=1e-4"], {}, {"speed": 1e-4}),
    "far end open": (["flow/end@flow.distal=open"], {"far_open": True}, {}),
    "open, gradient": (
        ["flow/end@flow.distal=open", "flow.gradient=10"],
        {"far_open": True, "gradient": 10.0},
        {},
    ),
    "soft wall": (
        ["flow/outer_wall=spring", "flow.outer_wall.modulus=150"],
        {"modulus": 150.0},
        {},
    ),
}


def main(until: float) -> None:
    shape = {"inner": 6e-6, "outer": 9e-6, "tissue": 1e-4, "length": 1e-3}
    cells = {"across": 3, "around": 8, "along": 40, "tissue_layers": 5}
    print(f"{'three over one dimension':<24}{'arrived':>10}{'swing':>10}{'flow':>10}")
    with (
        tempfile.TemporaryDirectory() as folder,
        hydra.initialize_config_dir(str(CONF), version_base=None),
    ):
        base = [f"run.until={until}", f"run.step={STEP}", "flow.memory=2"]
        bench = Bench(Path(folder), base, shape | cells)
        for name, (overrides, tube, motion) in EXPERIMENTS.items():
            experiment = bench.experiment(overrides)
            bench.run(experiment, lambda progress: None)
            found = bench.kept(experiment)
            if found is None:
                print(f"{name:<24}did not converge", flush=True)
                continue
            series = run(Tube(**tube), vasomotion(until=until, **motion), until, STEP)
            exact = Outcome(series, found.period)
            ratios = [
                measure(found, one) / (measure(exact, one) or float("nan")) for one in OBSERVABLES
            ]
            print(f"{name:<24}" + "".join(f"{ratio:>10.3f}" for ratio in ratios), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 500.0)
