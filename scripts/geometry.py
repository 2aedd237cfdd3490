"""The mesh a configuration asks for: the packaged sample, a tree swept, or a volume mesh read."""

from typing import Any

from omegaconf import DictConfig, OmegaConf

from meshes.errors import InputError
from meshes.load import is_tree, load
from meshes.mesh import Mesh
from meshes.samples import TREE, sample_mesh
from meshes.samples.grow import AROUND, LAYERS, RATIO, STRETCH

READY = {
    "tissue": 100e-6,
    "around": AROUND,
    "layers": LAYERS,
    "stretch": STRETCH,
    "short": "merge",
    "touching": "shrink",
}


def choose_mesh(config: DictConfig) -> Mesh:
    """Make or read the mesh that `conf/mesh` describes.

    Args:
        config: the group `mesh`. What is left as it is gives the sample its ready mesh; a tree for
            which neither gap nor ratio is given gets the sample's ratio.

    Raises:
        InputError: the file cannot be used, or a value is no length, name or number.
    """
    asked: dict[str, Any] = dict(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
    path, units, tags = (asked.pop(name) for name in ("path", "units", "tags"))
    for name in ("path", "units"):
        if not isinstance(config[name], str | None):
            raise InputError(f"mesh.{name} is {config[name]!r}; give a word")
    for name in ("gap", "ratio"):
        if isinstance(asked[name], bool) or not isinstance(asked[name], int | float | None):
            raise InputError(
                f"mesh.{name} is {asked[name]!r}; give a number"
                + (" of metres, or '${um:3}' for 3 um" if name == "gap" else "")
            )
    if not isinstance(tags, dict | None):
        raise InputError(f"mesh.tags is {tags!r}; give pairs, as in '{{artery_wall: wall}}'")
    unshaped = asked["gap"] is None and asked["ratio"] is None
    if path is None:
        if units is not None or tags:
            raise InputError("mesh.units and mesh.tags belong to a file; give mesh.path=<file> too")
        if unshaped and all(asked[name] == value for name, value in READY.items()):
            return sample_mesh()
        path = TREE
    if is_tree(path) and unshaped:
        asked["ratio"] = RATIO
    return load(path, units, tags=tags, **asked)
