"""How far is the flow solver from the exact solutions? Prints the table of the README.

python -m benchmarks.verification
"""

import jax

jax.config.update("jax_enable_x64", True)

from tests.exact.annulus import AnnulusFlow  # noqa: E402
from tests.exact.coupled import Coupled  # noqa: E402
from tests.exact.problem import order, solve_once  # noqa: E402
from tests.exact.squeeze import Squeeze  # noqa: E402
from tests.verification.test_coupled_flow import coupled_errors  # noqa: E402
from tests.verification.test_squeeze_flow import errors, squeezed  # noqa: E402


def annulus_errors(stretch: float) -> list[float]:
    """V1: relative error of the flow rate at 4 and 8 cells across."""
    exact = AnnulusFlow(length=24e-6)
    return [
        abs(
            solve_once(exact.mesh(*resolution, stretch), exact.parameters()).end_flow("distal_1")
            / exact.flow
            - 1.0
        )
        for resolution in ((4, 16), (8, 32))
    ]


def main() -> None:
    print(f"{'case':<44}{'coarse':>10}{'fine':>10}{'order':>7}")

    def row(case: str, coarse: float, fine: float) -> None:
        print(f"{case:<44}{coarse:>10.2e}{fine:>10.2e}{order(coarse, fine):>7.2f}", flush=True)

    for stretch in (0.5, 1.0, 4.0):
        row(f"V1 flow, 4 and 8 cells, dz/W = {stretch:g}", *annulus_errors(stretch))
    coarse, fine = (
        errors(Squeeze(), squeezed(Squeeze(), *size)) for size in ((4, 16, 84), (8, 32, 166))
    )
    row("V3 axial velocity, L/W = 333, 4 and 8 cells", coarse[0], fine[0])
    row("V3 pressure drop", coarse[1], fine[1])
    print(f"{'V3 mouth flow against -dV/dt':<44}{coarse[2]:>10.0e}{fine[2]:>10.0e}")
    first, second = (coupled_errors(Coupled(), n) for n in (8, 16))
    for name in first:
        row(f"V8 {name}, n = 8 and 16", first[name], second[name])


if __name__ == "__main__":
    main()
