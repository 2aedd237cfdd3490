"""What is installed is what is in the checkout."""

import importlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_folder_with_python_files_is_packaged() -> None:
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in ("meshes", "solver")
        for path in (ROOT / package).rglob("*.py")
    }
    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    assert listed - {"glymphax.scripts", "glymphax.conf"} == folders


def test_scripts_and_conf_travel_under_glymphax() -> None:
    mapped = PROJECT["tool"]["setuptools"]["package-dir"]
    assert mapped == {"glymphax.scripts": "scripts", "glymphax.conf": "conf"}
    assert not list((ROOT / "conf").rglob("*.py"))


@pytest.mark.parametrize("command", PROJECT["project"]["scripts"])
def test_every_command_has_its_main(command: str) -> None:
    module, _, name = PROJECT["project"]["scripts"][command].partition(":")
    loaded = importlib.import_module(module.removeprefix("glymphax."))
    assert callable(getattr(loaded, name))


def test_versions_agree() -> None:
    version = PROJECT["project"]["version"]
    assert f"version: {version}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_default_install_brings_no_copyleft_mesher() -> None:
    default = " ".join(PROJECT["project"]["dependencies"])
    assert "tetgen" not in default
    assert "mmgpy" not in default


def test_the_script_of_the_readme_finds_its_names() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    script = readme.partition("```python\n")[2].partition("```")[0]
    imports = [line for line in script.splitlines() if line.startswith(("import", "from"))]
    assert len(imports) > 3
    exec("\n".join(imports))
    compile(script, "README.md", "exec")


def test_the_doors_hold_what_they_list() -> None:
    for name in ("meshes", "solver"):
        door = importlib.import_module(name)
        assert all(hasattr(door, listed) for listed in door.__all__)
