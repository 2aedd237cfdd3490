"""One look for every picture: the colours of things, one colour map and unit per quantity."""

from typing import NamedTuple

from matplotlib.colors import LinearSegmentedColormap

BACKGROUND = "#060912"
TEXT = "#e8edf5"
FAINT = "#8592a8"
WALL = "#c8372d"  # vessel wall, seen from the PVS
VEIN = "#3d57c4"  # wall of a vein, likewise
SHEATH = "#9fd8e8"  # astrocyte endfeet
TISSUE = "#55627a"
NOREPINEPHRINE = "#8e63ce"
BLOOD = WALL
FLUID = "#1b87b8"  # cerebrospinal fluid, PVS
FREE = "#4fb0a5"  # cerebrospinal fluid outside the vessels' spaces
SOLID = "#b0762c"  # tissue, in plots on white


class Theme(NamedTuple):
    """What a picture stands on.

    Attributes:
        background: behind everything.
        text: of words and the scale bar.
        faint: of second words, axes and ticks.
        glass: of the translucent tissue.
    """

    background: str
    text: str
    faint: str
    glass: str


THEMES = {
    "dark": Theme(BACKGROUND, TEXT, FAINT, "#8fb3e0"),
    "white": Theme("#ffffff", "#151b26", "#566176", "#6f8fb8"),
}


class Quantity(NamedTuple):
    """How a quantity is shown.

    Attributes:
        label: in words.
        unit: as displayed.
        per_unit: SI value of one displayed unit.
        colours: the map's colours, low to high; lightness rises steadily, or away from zero falls.
    """

    label: str
    unit: str
    per_unit: float
    colours: tuple[str, ...]

    def colour_map(self) -> LinearSegmentedColormap:
        """The matplotlib colour map."""
        return LinearSegmentedColormap.from_list(self.label, self.colours)


CONCENTRATION = Quantity(
    "tracer concentration, relative to the mouth",
    "1",
    1.0,
    ("#1b2547", "#1c4578", "#166f92", "#219d94", "#6cc98a", "#c5e58b", "#fbfad0"),
)
SPEED = Quantity(
    "fluid speed", "µm/s", 1e-6, ("#6a3d9a", "#b1447f", "#e8605a", "#fb9a4b", "#ffd36b", "#fff7c9")
)
PRESSURE = Quantity(
    "fluid pressure", "Pa", 1.0, ("#2b5a9e", "#7fa8d6", "#eef0f2", "#e0a07f", "#9e3b2b")
)
SENSITIVITY = PRESSURE._replace(label="elasticity by place", unit="1")
QUANTITIES = {
    "concentration": CONCENTRATION,
    "speed": SPEED,
    "pressure": PRESSURE,
    "sensitivity": SENSITIVITY,
}
