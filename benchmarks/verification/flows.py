"""V1 to V10: flow in the perivascular space, through the sheath and in the tissue."""

from dataclasses import replace

import numpy as np

from tests.exact.annulus import AnnulusFlow
from tests.exact.coupled import Coupled
from tests.exact.eccentric import EccentricFlow
from tests.exact.leaky_dead_end import LeakyDeadEnd
from tests.exact.peristalsis import Peristalsis
from tests.exact.planar import Planar
from tests.exact.polynomial import Polynomial
from tests.exact.radial import RadialSeepage
from tests.exact.series import outward, still_steps
from tests.exact.slip_annulus import SlipAnnulus
from tests.exact.squeeze import Squeeze
from tests.verification import test_planar_flow as planar
from tests.verification import test_squeeze_flow as squeeze
from tests.verification.test_coupled_flow import coupled_errors
from tests.verification.test_peristalsis import mean_flow
from tests.verification.test_slip_flow import error as slip_error

from .problem import Errors, Problem


def concentric(across: int) -> Errors:
    """Flow rate, on cells of several lengths."""
    exact = AnnulusFlow(length=24e-6)
    found = {}
    for stretch in (0.5, 1.0, 4.0):
        solved = still_steps(exact.mesh(across, 4 * across, stretch), exact.parameters())
        error = abs(solved.out("distal_1") / exact.flow - 1.0)
        found[f"flow, cells {stretch:g} gaps long"] = error
    return found


def eccentric(across: int) -> Errors:
    """Flow rate, half way to contact and near it."""
    found = {}
    for share in (0.5, 0.8):
        exact = EccentricFlow(offset=share * 20e-6)
        solved = still_steps(exact.mesh(across), exact.parameters())
        found[f"flow, e/W = {share:g}"] = abs(solved.out("distal_1") / exact.flow - 1.0)
    return found


def squeezed(across: int) -> Errors:
    """A slender dead end at rest, and at the narrowest moment of a large motion."""
    turn, share = 2.0 * np.pi * 0.02, 0.1
    time = 6.25  # s
    moved = Squeeze(
        inner=6e-6 * (1.0 + share * np.sin(turn * time)),
        rate=6e-6 * share * turn * np.cos(turn * time),
    )
    found = {}
    for words, exact in (("", Squeeze()), (", t = 6.25 s (V3b)", moved)):
        solved = squeeze.squeezed(exact, across, 4 * across, 21 * across)
        axial, drop, _ = squeeze.errors(exact, solved)
        found |= {f"axial velocity{words}": axial, f"pressure drop{words}": drop}
    return found


def pumped(across: int) -> Errors:
    """Mean flow of a travelling wave."""
    exact = Peristalsis()
    return {"mean flow": abs(mean_flow(exact, across) / exact.flow - 1.0)}


def slipping(across: int) -> Errors:
    """Flow rate along a tissue that lets the fluid slip, a little and much."""
    return {
        f"flow, k = {permeability:g} m2": abs(
            slip_error(SlipAnnulus(permeability=permeability), across)
        )
        for permeability in (1e-14, 1e-12)
    }


def seeping(across: int) -> Errors:
    """Pressures on both sides of the endfeet."""
    exact = RadialSeepage()
    solved = still_steps(
        exact.mesh(across, 4 * across, 3 * across), exact.parameters(), wall=outward(exact.rate)
    )
    at_sheath = np.asarray(solved.flow.tissue_pressure)[np.asarray(solved.space.pairs.tissue)]
    inside, outside = exact.pressure, exact.tissue_pressure(exact.outer)
    return {
        "tissue pressure at the endfeet": abs(at_sheath.mean() / outside - 1.0),
        "pressure in the space": abs(np.asarray(solved.flow.pressure).mean() / inside - 1.0),
    }


def leaking(across: int) -> Errors:
    """Length over which the pressure decays, and the flow into the mouth."""
    exact = LeakyDeadEnd(permeability=1e-16, along=1.0, conductance=3e-9)
    parameters = replace(exact.parameters(), tolerance=1e-8, limit=2000)
    solved = still_steps(exact.mesh(across, 4 * across), parameters)
    end = np.asarray(solved.space.end("distal_1").vertices)
    far = float(np.asarray(solved.flow.pressure)[end].mean())
    decay = exact.length / np.arccosh(exact.pressure / far)
    return {
        "decay length": abs(decay / exact.decay - 1.0),
        "flow into the mouth": abs(-solved.out("inlet") / exact.flow - 1.0),
    }


FLOWS = (
    Problem(
        "V1",
        "A pressure gradient along an annulus",
        "Radii 6 and 9 um, 199.98 Pa/m, against Q = pi G / (8 mu) [R2^4 - R1^4 - (R2^2 - R1^2)^2 "
        "/ ln(R2/R1)]; cells from half a gap to four gaps long.",
        concentric,
        (4, 8, 16),
    ),
    Problem(
        "V2",
        "A pressure gradient along an eccentric annulus",
        "Radii 20 and 40 um, the artery's axis off by half and by four fifths of the gap, "
        "against the series of Piercy, Hooper & Winny (1933).",
        eccentric,
        (4, 8, 16),
    ),
    Problem(
        "V3, V3b",
        "A moving wall squeezes fluid out of a dead end",
        "Radii 6 and 9 um, 1 mm long (333 gaps), u_z = z W(r) exact for Stokes flow; the artery "
        "10 % in motion at 0.02 Hz, at rest radius and at t = 6.25 s.",
        squeezed,
        (2, 4, 8),
        remark="The mouth's flow equals the change of volume to about 1e-12 on every mesh.",
    ),
    Problem(
        "V4",
        "A travelling wave of the wall pumps",
        "An annulus open at both ends, amplitude 2 % of the radius, one wave; the mean flow over "
        "a cycle against the second order of lubrication theory, eps^2 pi a^2 c Delta(beta).",
        pumped,
        (2, 4, 8),
        remark="Lubrication itself leaves out what is of order (gap/wavelength)^2 and eps^2.",
    ),
    Problem(
        "V5",
        "Slip along the endfeet",
        "An annulus with a sealed sheath on tissue, condition of Beavers, Joseph and Saffman "
        "with alpha = 1, two permeabilities.",
        slipping,
        (4, 8, 16),
    ),
    Problem(
        "V6",
        "Radial seepage through space, endfeet and tissue",
        "Radii 6, 9 and 100 um, k = 1e-17 m2, L_p = 3e-10 m/(Pa s); the wall pushes at 0.075 "
        "um/s and all of it leaves through the tissue.",
        seeping,
        (2, 4, 8),
    ),
    Problem(
        "V7",
        "A dead end that leaks through the endfeet",
        "400 um long, k = 1e-16 m2, L_p = 3e-9 m/(Pa s), against a one-dimensional fin, cosh((L "
        "- x) / lambda).",
        leaking,
        (2, 4, 6),
        order=None,
        remark="The fin neglects flow along the tissue, the pressure's change across the gap and "
        "the viscous normal stress, so the errors end at a difference of models, not at "
        "zero.",
    ),
    Problem(
        "V8",
        "Stokes, slip, endfeet and Darcy coupled",
        "The exact solution with Bessel functions in r and a cosine along z, without body force: "
        "radii 1, 2, 4, k = 0.1, everything else 1.",
        lambda n: coupled_errors(Coupled(), n),
        (4, 8, 16),
        size="cells in a length",
        remark="The pressure in the space comes nearer more slowly than all else, with order 1.5.",
    ),
    Problem(
        "V9",
        "The same in a plane",
        "A box of fluid on a box of tissue, exact with hyperbolic functions.",
        lambda n: planar.errors(Planar(), n),
        (4, 8, 16),
        size="cells in a length",
    ),
    Problem(
        "V10",
        "A published polynomial solution of Stokes and Darcy",
        "Example 2 of Shiue et al. (2018), continuous pressure across the interface, without "
        "sources.",
        lambda n: planar.errors(Polynomial(conductance=float("inf")), n),
        (4, 8, 16),
        size="cells in a length",
        remark="The exchange has little to err in; what is left comes from where the sheath "
        "meets walls.",
    ),
)
