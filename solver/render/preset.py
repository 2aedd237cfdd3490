"""What a picture shows of a run, as a record that the presets fill in differently."""

from dataclasses import dataclass
from typing import Literal

from meshes.errors import InputError
from solver.render.palette import QUANTITIES

Tissue = Literal["glass", "opened", "cells"]
NOREPINEPHRINE, RADIUS = "norepinephrine_relative", "mean_radius_m"


@dataclass(frozen=True)
class Preset:
    """How vessel, fluid, tissue and tracer are shown.

    Attributes:
        name: of the preset, and of the file that it becomes.
        title: what the picture says that it shows.
        tissue: "glass", translucent; "opened", opaque and cut along the vessels; "cells", its
            tetrahedra behind the same opening.
        wall: opacity of the vessel wall, 0 to 1.
        tracer: in glass: "volume", a cloud; "shells", nested surfaces of equal concentration;
            "none".
        colour: quantity on what is opaque: concentration, pressure, speed or sensitivity.
        slices: how many opaque slices stand across the mouth's vessel.
        arrows: whether arrows show the velocity.
        streamlines: how many lines follow the velocity of the moment.
        motion: factor on the displacement of the wall from the first field, written in the frame.
        close: m along the vessel from the mouth at which a close-up is cut; 0: no close-up.
        curves: columns of the signals drawn under the picture.
    """

    name: str
    title: str
    tissue: Tissue = "glass"
    wall: float = 1.0
    tracer: Literal["volume", "shells", "none"] = "none"
    colour: Literal["concentration", "pressure", "speed", "sensitivity"] = "concentration"
    slices: int = 0
    arrows: bool = True
    streamlines: int = 0
    motion: float = 1.0
    close: float = 0.0
    curves: tuple[str, ...] = (NOREPINEPHRINE, RADIUS)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        object.__setattr__(self, "curves", tuple(self.curves))  # a file gives a list
        choices = {
            "tissue": ("glass", "opened", "cells"),
            "tracer": ("volume", "shells", "none"),
            "colour": tuple(QUANTITIES),
        }
        for key, allowed in choices.items():
            if getattr(self, key) not in allowed:
                raise InputError(
                    f"render.{key} is {getattr(self, key)!r}; choose {', '.join(allowed)}."
                )
        if not 0.0 <= self.wall <= 1.0:
            raise InputError(f"render.wall is {self.wall:g}; an opacity is between 0 and 1.")
        if min(self.motion, self.close, self.slices, self.streamlines) < 0:
            raise InputError("render.motion, close, slices and streamlines are not negative.")

    def quantities(self) -> list[str]:
        """Names of the quantities that need a colour bar, in its order."""
        if self.tissue == "cells":
            return []
        shown = [self.colour] if self.slices or self.tissue == "opened" or self.close else []
        shown += ["concentration"] * (self.tracer != "none" and self.tissue == "glass")
        shown += ["speed"] * (self.arrows or self.streamlines > 0)
        return [*dict.fromkeys(shown)]


OVERVIEW = Preset(
    "overview",
    "tracer and fluid around the artery",
    wall=0.9,
    tracer="volume",
    slices=3,
    streamlines=80,
)
OPENED = Preset("scene", "tracer and fluid around the artery, opened along the vessel", "opened")
CROSS_SECTION = Preset(
    "cross_section",
    "across the artery",
    "opened",
    colour="concentration",
    motion=3.0,
    close=120e-6,
)
CLEARANCE = Preset(
    "clearance",
    "tracer in the tissue",
    wall=0.9,
    tracer="volume",
    slices=4,
    arrows=False,
    curves=(NOREPINEPHRINE, "tracer"),
)
COMPARE = Preset(
    "compare", "side by side, the same scale", "opened", curves=(NOREPINEPHRINE, "tracer")
)
SENSITIVITY = Preset(
    "sensitivity",
    "where a change would count",
    "opened",
    wall=0.9,
    colour="sensitivity",
    arrows=False,
    curves=(),
)
MESH = Preset("mesh", "the cells", "cells", arrows=False, curves=())
