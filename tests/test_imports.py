"""Imports run one way: the order of the rooms is the order in which data travels."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORDS = {
    "solver.units",
    "solver.record",
    "solver.columns",
    "solver.spread",
}  # for every room of the solver
# What each room may import besides itself and the words; `meshes` stands for the whole package.
ARROWS: dict[str, set[str]] = {
    "meshes": set(),
    "solver.units": set(),
    "solver.record": set(),
    "solver.spread": set(),
    "solver.columns": {"meshes"},
    "solver.signal": {"meshes"},
    "solver.wall": {"meshes", "solver.signal"},
    "solver.store": {"meshes"},
    "solver.algebra": set(),
    "solver.geometry": {"meshes", "solver.algebra"},
    "solver.flow": {"meshes", "solver.algebra", "solver.geometry"},
    # tracer is carried by the flow's own fluxes, so it knows the flow's records
    "solver.tracer": {"meshes", "solver.algebra", "solver.geometry", "solver.flow"},
    # what lies beyond the ends, told in the words of flow and tracer
    "solver.route": {
        "meshes",
        "solver.algebra",
        "solver.geometry",
        "solver.flow",
        "solver.tracer",
    },
    # what the wall's fast bands do, averaged, to a flow and to a tracer
    "solver.rates": {
        "meshes",
        "solver.signal",
        "solver.wall",
        "solver.algebra",
        "solver.geometry",
        "solver.flow",
        "solver.tracer",
        "solver.route",
    },
    "solver.state": {
        "meshes",
        "solver.algebra",
        "solver.geometry",
        "solver.flow",
        "solver.tracer",
        "solver.route",
        "solver.signal",
        "solver.wall",
        "solver.rates",
    },
    "solver.observe": {
        "meshes",
        "solver.signal",  # vigilance states
        "solver.algebra",
        "solver.geometry",
        "solver.flow",
        "solver.tracer",
        "solver.route",
        "solver.state",
    },
    # figures show spectra and clearance as `observe` computes them
    "solver.render": {"meshes", "solver.store", "solver.observe"},
    # claims weigh series; they know no model
    "solver.claims": {"meshes", "solver.observe"},
}
ARROWS["solver.simulate"] = ARROWS["solver.observe"] | {
    "solver.rates",
    "solver.signal",
    "solver.wall",
    "solver.observe",
}
ARROWS["solver.fit"] = ARROWS["solver.simulate"] | {"solver.simulate"}
ARROWS["solver.estimate"] = {"meshes", "solver.flow", "solver.simulate"}
ARROWS["solver"] = set(ARROWS)  # the door
ARROWS["scripts"] = set(ARROWS)


def modules() -> dict[str, Path]:
    """Every module of the house by its dotted name; a package is named like its folder."""
    found = {}
    for package in ("meshes", "solver", "scripts"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room(module: str) -> str:
    """The room a module belongs to: `solver.flow.darcy` to `solver.flow`."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "solver" else parts[0]


def imports(module: str, path: Path, eager: bool = False) -> set[str]:
    """Dotted names a file imports; with `eager`, only those at its top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names: set[str] = set()
    for node in tree.body if eager else ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
            names |= {f"{base}.{alias.name}" for alias in node.names} | {base or ""}
    return names


def own(names: set[str]) -> set[str]:
    """Of some dotted names, the modules of the house."""
    return {name for name in names if name in MODULES}


MODULES = modules()


@pytest.mark.parametrize("module", MODULES)
def test_arrows(module: str) -> None:
    here = room(module)
    assert here in ARROWS, f"{here} is a new room: give it its arrows in {Path(__file__).name}"
    allowed = ARROWS[here] | {here} | (WORDS if here.startswith("solver") else set())
    doors = {"solver", "meshes", "scripts"}
    for name in own(imports(module, MODULES[module])) - doors:
        assert room(name) in allowed, f"{module} imports {name}, against the arrows"


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("meshes")])
def test_meshes_know_no_jax_and_no_physics(module: str) -> None:
    tops = {name.split(".")[0] for name in imports(module, MODULES[module])}
    assert not tops & {"jax", "jaxlib", "solver", "scripts", "optax"}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("solver")])
def test_pyvista_lives_only_in_render(module: str) -> None:
    tops = {name.split(".")[0] for name in imports(module, MODULES[module])}
    assert room(module) == "solver.render" or not tops & {"pyvista", "vtk", "vtkmodules"}


@pytest.mark.parametrize(
    "module",
    [name for name in MODULES if name not in ("meshes", "solver") and "scripts" not in name],
)
def test_nobody_inside_imports_from_the_door(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    doors = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("meshes", "solver")
        for alias in node.names
        if f"{node.module}.{alias.name}" not in MODULES
    ]
    assert not doors


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {
        name: own(imports(name, path, eager=True)) - {name, "meshes", "solver", "scripts"}
        for name, path in MODULES.items()
    }
    folders = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    inside = {  # a package's own door is not a step of a detour
        name: {other for other in others if other not in folders or not name.startswith(other)}
        for name, others in graph.items()
    }
    TopologicalSorter(inside).prepare()
