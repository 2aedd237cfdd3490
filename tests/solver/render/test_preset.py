"""Presets: those of the configuration are those of Python, and what cannot be drawn is refused."""

from pathlib import Path

import pytest
import yaml

from meshes.errors import InputError
from solver import render

CONF = Path(__file__).parents[3] / "conf/render"
NAMES = sorted(path.stem for path in CONF.glob("*.yaml") if path.stem != "figures")


@pytest.mark.parametrize("name", NAMES)
def test_the_configuration_has_the_presets_of_python(name):
    values = yaml.safe_load((CONF / f"{name}.yaml").read_text(encoding="utf-8"))
    assert values.pop("_target_") == "solver.render.Preset"
    assert render.Preset(**values) == getattr(render, name.upper())


def test_presets_have_the_names_that_people_type():
    assert NAMES == ["clearance", "compare", "cross_section", "mesh", "overview"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"tissue": "jelly"}, "glass, opened, cells"),
        ({"tracer": "fog"}, "volume, shells, none"),
        ({"colour": "mauve"}, "concentration, speed, pressure"),
        ({"wall": 1.5}, "between 0 and 1"),
        ({"motion": -1.0}, "not negative"),
    ],
)
def test_what_cannot_be_drawn_is_refused(values, told):
    with pytest.raises(InputError, match=told):
        render.Preset("name", "title", **values)


def test_every_quantity_shown_has_one_bar():
    assert render.OVERVIEW.quantities() == ["concentration", "speed"]
    assert render.CLEARANCE.quantities() == ["concentration"]
    assert render.MESH.quantities() == []
    pressure = render.Preset("name", "title", "opened", colour="pressure")
    assert pressure.quantities() == ["pressure", "speed"]
