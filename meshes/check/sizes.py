"""Volumes of regions and of the user's own parts, areas of patches."""

import numpy as np

from meshes.check.report import Row
from meshes.check.subject import Subject
from meshes.tags import Patch, Region


def check_sizes(subject: Subject) -> list[Row]:
    """Volumes and areas, to be held against what the user knows."""
    mesh, volumes = subject.mesh, subject.volumes
    present = [region for region in Region if np.any(mesh.regions == region)]
    rows = [
        subject.volume(f"volume {r.name.lower()}", float(volumes[mesh.regions == r].sum()))
        for r in present
    ]
    if len(mesh.parts) > len(present):
        total = np.bincount(mesh.part, volumes, minlength=len(mesh.parts)).tolist()
        rows += [
            subject.volume(f"volume of part {name}", size)
            for name, size in zip(mesh.parts, total, strict=True)
        ]
    return rows + [
        subject.area(f"area {patch.name.lower()}", float(subject.facet_areas(patch).sum()))
        for patch in Patch
        if np.any(mesh.patches == patch)
    ]
