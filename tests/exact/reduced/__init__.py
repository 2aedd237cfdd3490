"""The one-dimensional oracle: lubrication along an annulus that leaks into Krogh rings of tissue.

    PVS       dA/dt + dQ/dz = -2 pi R2 q,   Q = -(dp/dz) / R'(R1, R2),   A = pi (R2^2 - R1^2)
    sheath    q = L_p (p - P)                 R2 = R20 [1 + (p - p_ref) / E]
    tissue    S dP/dt = div((k/mu) grad P)    in rings round the tube, radially and axially
    tracer    d(A c)/dt + d(Q c)/dz = d(D A dc/dz)/dz - exchange, well mixed across the gap
              d(theta c)/dt + div(q c) = div(phi D* grad c), theta = phi + S P, D* = D / lambda^2
    exchange  2 pi R2 [P_s (c_f - c_t) + q c_upstream]

The solver's answers on a straight tube are held against it (docs/physics.md 1.10, V3b
and V7). Finite volumes round nodes in z, both ends nodes, and in rings about equal in ln r; central
in time by a theta method whose first step is damped (Rannacher 1984); faces of the tracer lean
upstream by exponential fitting (Scharfetter & Gummel 1969). Second order in space and time, without
a line of the solver's. SI units; concentration is relative to the mouth's.
"""

from tests.exact.reduced.run import Ratio, Series, run
from tests.exact.reduced.tube import Tube

__all__ = ["Ratio", "Series", "Tube", "run"]
