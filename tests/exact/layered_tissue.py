"""Radial seepage through shells of tissue in series, a sheath, and a membrane round it all.

p_D(R2) - p3 = V R1 [mu sum_i ln(b_i / a_i) / k_i + 1 / (R3 L)],
p_S = p_D(R2) + V R1 / (R2 L_p) - 2 mu V R1 / R2^2

With permeability k r / R2, read from the mesh, a shell resists mu R2 (1/a - 1/b) / k instead. Into
closed tissue, storage S_i of volume V_i takes all that the wall pushes in: P = V' t / sum S_i V_i.
"""

from dataclasses import dataclass, replace

import numpy as np

from meshes.annulus import annulus
from meshes.mesh import Mesh
from meshes.tags import Region
from solver.flow import Closed, FromMesh, Open, Sheath, Sink, StokesDarcy, Tissue

PARTS = ("space", "near", "far")


@dataclass(frozen=True)
class LayeredTissue:
    """Two shells that meet at the geometric mean of R2 and R3; the wall at R1 pushes with `rate`.

    `beyond` is the conductance of the membrane on the outer faces, m/(Pa s); infinite for none.
    """

    inner: float = 6e-6
    outer: float = 9e-6
    tissue: float = 100e-6
    length: float = 6e-6
    rate: float = 0.0753982e-6
    permeability: tuple[float, float] = (1e-17, 1e-15)
    storage: tuple[float, float] = (0.0, 0.0)
    conductance: float = 3e-10
    beyond: float = float("inf")
    outside: float = 0.0
    viscosity: float = 0.7e-3

    @property
    def meeting(self) -> float:
        """Radius at which the shells meet, m."""
        return float(np.sqrt(self.outer * self.tissue))

    @property
    def shells(self) -> tuple[tuple[float, float, float], ...]:
        """Inner radius, outer radius, permeability of each."""
        near, far = self.permeability
        return (self.outer, self.meeting, near), (self.meeting, self.tissue, far)

    @property
    def tissue_pressure(self) -> float:
        """p_D at the sheath, Pa."""
        rows = sum(np.log(b / a) / k for a, b, k in self.shells)
        return self._pressure(self.viscosity * rows)

    @property
    def graded_pressure(self) -> float:
        """The same where permeability is that of the near shell times r / R2, Pa."""
        rows = self.outer * (1.0 / self.outer - 1.0 / self.tissue) / self.permeability[0]
        return self._pressure(self.viscosity * rows)

    def _pressure(self, resistance: float) -> float:
        across = resistance + 1.0 / (self.tissue * self.beyond)
        return float(self.outside + self.rate * self.inner * across)

    def jump(self) -> float:
        """p_S - p_D(R2), Pa."""
        supply = self.rate * self.inner
        across = supply / (self.outer * self.conductance)
        return float(across - 2.0 * self.viscosity * supply / self.outer**2)

    @property
    def filling(self) -> float:
        """Pressure per time in closed tissue whose permeability evens it out at once, Pa/s."""
        taken = sum(
            s * (b**2 - a**2) for s, (a, b, _) in zip(self.storage, self.shells, strict=True)
        )
        return float(2.0 * self.inner * self.rate / taken)

    def mesh(self, n: int) -> Mesh:
        """n cells across the gap, 4 n around, 2 along, 2 n across the tissue; named shells."""
        mesh = annulus(
            self.inner,
            self.outer,
            self.length,
            tissue_outer=self.tissue,
            across=n,
            around=4 * n,
            along=2,
            tissue_layers=2 * n,
        )
        corners = np.hypot(*mesh.points[mesh.cells, :2].transpose(2, 0, 1)) / mesh.widening
        mean = corners.mean(axis=1)
        # a cell's corners lie on two circles: whether it is beyond the meeting its mean tells
        part = np.where(mesh.regions == Region.TISSUE, np.where(mean > self.meeting, 2, 1), 0)
        near, far = self.permeability
        return replace(
            mesh,
            parts=PARTS,
            part=part.astype(np.int32),
            fields={
                "shells": 1e18 * np.where(part == 2, far, near),
                "graded": 1e18 * near * mean / self.outer,
            },
        )

    def parameters(self, permeability="regions") -> StokesDarcy:
        """Slip ends (symmetry); permeability by region, or from a field of the mesh."""
        by_region = dict(zip(PARTS[1:], self.permeability, strict=True))
        outer = Open(self.outside) if np.isinf(self.beyond) else Sink(self.beyond, self.outside)
        if any(self.storage):
            outer = Closed()
        return StokesDarcy(
            viscosity=self.viscosity,
            sheath=Sheath(conductance=self.conductance),
            tissue=Tissue(
                permeability=by_region
                if permeability == "regions"
                else FromMesh(permeability, scale=1e-18),
                storage=dict(zip(PARTS[1:], self.storage, strict=True)),
            ),
            inlet=Closed(),
            distal=Closed(),
            outer=outer,
            tolerance=1e-11,
            memory=2,
        )
