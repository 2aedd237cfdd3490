"""Child process: a closed surface in, tetrahedra that keep it out. `python FILE in.npz out.npz`.

TetGen (Si 2015, ACM TOMS 41:11) may abort the interpreter on a surface that crosses itself, so it
runs alone; mmg3d (Dapogny et al. 2014, J Comput Phys 262:358) then cleans slivers, surface fixed.
Exit status 3: a package of the extra is missing.
"""

import importlib
import sys

import numpy as np

MISSING = 3


def main(source: str, target: str) -> int:
    """Read points, triangles, holes and the largest volume; write points and positive cells."""
    try:
        tetgen = importlib.import_module("tetgen")
        mmgpy = importlib.import_module("mmgpy")
    except ImportError:
        return MISSING
    with np.load(source) as given:
        points, triangles, holes = given["points"], given["triangles"], given["holes"]
        volume, ratio = float(given["volume"]), float(given["ratio"])
    filler = tetgen.TetGen(points, triangles.astype(np.int32))
    for place in holes:
        filler.add_hole(place)
    nodes, cells, *_ = filler.tetrahedralize(switches=f"pYq{ratio:g}a{volume:.9g}Q")
    mesh = mmgpy.MmgMesh3D()
    mesh.set_mesh_size(vertices=len(nodes), tetrahedra=len(cells), triangles=len(triangles))
    mesh.set_vertices(np.ascontiguousarray(nodes, dtype=np.float64))
    mesh.set_tetrahedra(np.ascontiguousarray(cells[:, :4], dtype=np.int32))
    mesh.set_triangles(np.ascontiguousarray(triangles, dtype=np.int32))
    mesh.set_required_triangles(np.arange(len(triangles), dtype=np.int32))
    mesh.set_required_vertices(np.arange(len(points), dtype=np.int32))
    mesh.remesh(
        optim=True, nosurf=True, hgrad=-1.0, verbose=-1
    )  # no gradation: it only adds points
    np.savez(target, points=mesh.get_vertices(), cells=mesh.get_tetrahedra())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
