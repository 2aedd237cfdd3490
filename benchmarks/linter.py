"""What reading and checking a mesh costs: seconds of one core and gigabytes per million cells.

python -m benchmarks.linter [millions of cells, 5 unless told]
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from meshes.annulus import annulus
from meshes.check import check
from meshes.read_mesh import read_mesh
from meshes.write import write_mesh

um = 1e-6
PER_LENGTH = 576.0  # cells per um of the vessel below


def main(millions: float) -> None:
    length = 1e6 * millions / PER_LENGTH
    mesh = annulus(
        *(10 * um, 14 * um, length * um),
        tissue_outer=40 * um,
        across=8,
        around=48,
    )
    count = len(mesh.cells) / 1e6
    print(f"{count:.2f} million cells, {len(mesh.points) / 1e6:.2f} million points")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".vtu", ".xdmf", ".msh"):
            path = Path(folder) / ("mesh" + suffix)
            begun = time.process_time()
            write_mesh(mesh, path)
            written = time.process_time()
            read_mesh(path, "m")
            print(
                f"{suffix:<6} write {(written - begun) / count:6.2f} s, read "
                f"{(time.process_time() - written) / count:6.2f} s per million cells"
            )
    begun = time.process_time()
    report = check(mesh)
    taken = (time.process_time() - begun) / count
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"check  {taken:6.2f} s per million cells, {'fails' if report.failed else 'clean'}")
    print(f"peak memory of all {peak:.1f} GB, {peak / count:.2f} GB per million cells")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
