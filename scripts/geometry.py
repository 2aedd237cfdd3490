"""The mesh a configuration asks for: the packaged sample, a tree swept, or a volume mesh read."""

from dataclasses import replace
from typing import Any

from omegaconf import DictConfig, OmegaConf

from meshes.clean.cleaning import Cleaning
from meshes.errors import InputError
from meshes.load import is_tree, load
from meshes.mesh import Mesh
from meshes.read_mesh import inspect_mesh
from meshes.read_tree import read_tree
from meshes.samples import TREE, sample_mesh
from meshes.samples.grow import AROUND, LAYERS, RATIO, STRETCH
from meshes.tissue import Tell

from .command import build

READY = {
    "tissue": 100e-6,
    "around": AROUND,
    "layers": LAYERS,
    "stretch": STRETCH,
    "growth": 1.0,
    "shape": None,
    "short": "merge",
    "touching": "shrink",
}
WIDTHS = ("gap", "ratio", "area_ratio")


def choose_mesh(config: DictConfig, tell: Tell) -> Mesh:
    """Make or read the mesh that `conf/mesh` describes.

    Args:
        config: the group `mesh`. What is left as it is gives the sample its ready mesh; a tree for
            which no width is given gets the sample's ratio.
        tell: is told, in a few words, what happens now.

    Raises:
        InputError: the file cannot be used, or a value is no length, name or number.
    """
    asked: dict[str, Any] = dict(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
    _check_words(asked)
    path, units, tags = (asked.pop(name) for name in ("path", "units", "tags"))
    clean = Cleaning(**asked.pop("clean"))
    veins = _veins(asked.pop("veins"), clean)
    for name in ("shape", "tissue"):
        asked[name] = _component(name, asked[name])
    unshaped = all(asked[name] is None for name in WIDTHS)
    if path is None:
        if units is not None or tags or asked["facets"]:
            raise InputError(
                "mesh.units, mesh.tags and mesh.facets belong to a file; give mesh.path=<file> too"
            )
        ready = all(asked[name] == value for name, value in READY.items())
        if unshaped and clean.empty and not veins and ready:
            return sample_mesh()
        path = TREE
    if is_tree(path) and unshaped:
        asked["ratio"] = RATIO
    return load(path, units, tags=tags, clean=clean, tell=tell, **asked, **veins)


def refused_mesh(config: DictConfig) -> Mesh | None:
    """A volume mesh that `choose_mesh` refuses for what is in it, as its file has it; else None.

    Args:
        config: the group `mesh`.
    """
    asked: dict[str, Any] = dict(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
    words = [asked[name] for name in ("path", "units", "tags", "facets")]
    shaped = any(asked[name] is not None for name in WIDTHS)
    if shaped or not isinstance(words[0], str):
        return None
    try:
        mesh, reason = inspect_mesh(*words)
    except (InputError, TypeError, ValueError):
        return None
    return mesh if reason else None


def _check_words(asked: dict[str, Any]) -> None:
    """Refuse words where numbers belong, and the other way round."""
    for name in ("path", "units", "facets"):
        if not isinstance(asked[name], str | None):
            raise InputError(f"mesh.{name} is {asked[name]!r}; give a word")
    for name in WIDTHS:
        if isinstance(asked[name], bool) or not isinstance(asked[name], int | float | None):
            raise InputError(
                f"mesh.{name} is {asked[name]!r}; give a number"
                + (" of metres, or one with a unit as in '3 um'" if name == "gap" else "")
            )
    if not isinstance(asked["tags"], dict | str | None):
        raise InputError(
            f"mesh.tags is {asked['tags']!r}; give pairs, as in '{{artery_wall: wall}}', or a YAML "
            "file"
        )


def _veins(config: dict[str, Any], clean: Cleaning) -> dict[str, Any]:
    """The second tree, cleaned like the first but for places, and what to do with it."""
    path, units, root, overlap = (config[name] for name in ("path", "units", "root", "overlap"))
    if path is None:
        return {}
    if not isinstance(path, str) or not isinstance(units, str | None):
        raise InputError(f"mesh.veins has path {path!r} and units {units!r}; give words")
    piece = clean.piece if clean.piece == "largest" else None
    own = replace(clean, root=root, piece=piece, subtree=None, orders=None, bifurcations=None)
    return {"veins": read_tree(path, units, own), "overlap": overlap}


def _component(name: str, value: Any) -> Any:
    """A number as it is, or the record that a choice of the configuration names."""
    if isinstance(value, dict) and "_target_" in value:
        return build({name: value}, name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InputError(f"mesh.{name} is {value!r}; choose one as in mesh/{name}=<choice>")
    return value
