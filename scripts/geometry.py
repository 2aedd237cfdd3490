"""The mesh a configuration asks for: the packaged sample, a tree swept, or a volume mesh read."""

from typing import Any

from omegaconf import DictConfig, OmegaConf

from meshes.clean.cleaning import Cleaning
from meshes.errors import InputError
from meshes.load import is_tree, load
from meshes.mesh import Mesh
from meshes.read_mesh import inspect_mesh
from meshes.samples import TREE, sample_mesh
from meshes.samples.grow import AROUND, LAYERS, RATIO, STRETCH

READY = {"tissue": 100e-6, "around": AROUND, "layers": LAYERS, "stretch": STRETCH}


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
    clean = Cleaning(**asked.pop("clean"))
    for name in ("path", "units", "facets"):
        if not isinstance(config[name], str | None):
            raise InputError(f"mesh.{name} is {config[name]!r}; give a word")
    for name in ("gap", "ratio"):
        if isinstance(asked[name], bool) or not isinstance(asked[name], int | float | None):
            raise InputError(
                f"mesh.{name} is {asked[name]!r}; give a number"
                + (" of metres, or '${um:3}' for 3 um" if name == "gap" else "")
            )
    if not isinstance(tags, dict | str | None):
        raise InputError(
            f"mesh.tags is {tags!r}; give pairs, as in '{{artery_wall: wall}}', or a YAML file"
        )
    unshaped = asked["gap"] is None and asked["ratio"] is None
    if path is None:
        if units is not None or tags or asked.pop("facets", None):
            raise InputError(
                "mesh.units, mesh.tags and mesh.facets belong to a file; give mesh.path=<file> too"
            )
        if unshaped and clean.empty and all(asked[name] == value for name, value in READY.items()):
            return sample_mesh()
        path = TREE
    if is_tree(path) and unshaped:
        asked["ratio"] = RATIO
    return load(path, units, tags=tags, clean=clean, **asked)


def refused_mesh(config: DictConfig) -> Mesh | None:
    """A volume mesh that `choose_mesh` refuses for what is in it, as its file has it; else None.

    Args:
        config: the group `mesh`.
    """
    asked: dict[str, Any] = dict(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
    words = [asked[name] for name in ("path", "units", "tags", "facets")]
    shaped = any(asked[name] is not None for name in ("gap", "ratio"))
    if shaped or not isinstance(words[0], str):
        return None
    try:
        mesh, reason = inspect_mesh(*words)
    except (InputError, TypeError, ValueError):
        return None
    return mesh if reason else None
