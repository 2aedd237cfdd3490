"""The mesh under check, with what several checks need of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from meshes.check.report import Place, Row, Verdict
from meshes.face_table import FaceTable, face_table, find_triangles
from meshes.mesh import Mesh
from meshes.sweep.faces import tet_volumes
from meshes.tags import SPACES, Patch, Region

LARGE = 5e-3  # m; meshes longer than this are told in mm and mL
KINDS = {"PVS": 1, "tissue": 0, "free fluid": 2}

Vertices = Int[np.ndarray, " vertices"] | int | None


@dataclass(frozen=True, eq=False)
class Subject:
    """A mesh and tables made of it once."""

    mesh: Mesh

    @cached_property
    def faces(self) -> FaceTable:
        """All faces, each once."""
        return face_table(self.mesh.cells)

    @cached_property
    def facet_face(self) -> Int[np.ndarray, " facets"]:
        """The face that every facet is; -1 if none."""
        return find_triangles(self.mesh.facets, self.faces.triangles)

    @cached_property
    def kind(self) -> Int[np.ndarray, " cells"]:
        """0 for tissue, 1 for perivascular space, 2 for free fluid."""
        of_region = {Region.TISSUE: 0, Region.CSF: 2} | dict.fromkeys(SPACES, 1)
        table = np.zeros(max(Region) + 1, dtype=np.int8)
        table[list(of_region)] = list(of_region.values())
        return table[self.mesh.regions]

    @cached_property
    def is_pvs(self) -> Bool[np.ndarray, " cells"]:
        """Which cells are perivascular."""
        inside: np.ndarray = self.kind == 1
        return inside

    @cached_property
    def volumes(self) -> Float[np.ndarray, " cells"]:
        """Of the cells, m3."""
        return tet_volumes(self.mesh.points, self.mesh.cells)

    @cached_property
    def has_coordinates(self) -> bool:
        """Whether the mesh was assembled, so that its points know their vessel."""
        return bool((self.mesh.vessel.column >= 0).any())

    @cached_property
    def large(self) -> bool:
        """Whether to tell lengths in mm rather than um."""
        return float(np.ptp(self.mesh.points, axis=0).max(initial=0.0)) > LARGE

    def length(self, name: str, value: float, vertices: Vertices = None) -> Row:
        """A row of a length, given in m, and where it was found."""
        size, unit = (1e-3, "mm") if self.large else (1e-6, "um")
        return Row(name, value / size, unit, "", "ok", *self.at(vertices))

    def area(self, name: str, value: float) -> Row:
        """A row of an area, given in m2."""
        return Row(name, value * (1e6 if self.large else 1e12), "mm2" if self.large else "um2")

    def volume(self, name: str, value: float) -> Row:
        """A row of a volume, given in m3."""
        return Row(name, value * (1e6 if self.large else 1e18), "mL" if self.large else "um3")

    def at(self, vertices: Vertices) -> tuple[str, Place | None]:
        """The centre of some vertices in words, and as it is; nothing for none."""
        if vertices is None:
            return "", None
        x, y, z = self.mesh.points[np.atleast_1d(vertices)].mean(axis=0).tolist()
        size, unit = (1e-3, "mm") if self.large else (1e-6, "um")
        return f"at ({x / size:.5g}, {y / size:.5g}, {z / size:.5g}) {unit}", (x, y, z)

    def judge(
        self,
        name: str,
        value: float,
        unit: str,
        limit: float,
        vertices: Vertices = None,
        *,
        most: bool = False,
    ) -> Row:
        """A row that warns below a limit, or above it if that is the most."""
        good = value <= limit if most else value >= limit
        bound = f"{'<=' if most else '>='} {limit:.4g}"
        return Row(name, value, unit, bound, "ok" if good else "warn", *self.at(vertices))

    def count(
        self,
        name: str,
        bad: Bool[np.ndarray, " n"],
        table: Int[np.ndarray, "n corners"],
        verdict: Verdict = "fail",
    ) -> Row:
        """How many of a family are bad, which none should be, with the place of the first."""
        if not bad.any():
            return Row(name, 0, bound="= 0")
        first = table[int(np.argmax(bad))]
        return Row(name, int(bad.sum()), "", "= 0", verdict, *self.at(first))

    def facet_areas(self, patch: Patch) -> Float[np.ndarray, " facets"]:
        """Areas of the facets of one patch, m2."""
        a, b, c = (self.mesh.points[self.mesh.facets_of(patch)[:, i]] for i in range(3))
        areas: np.ndarray = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2.0
        return areas
