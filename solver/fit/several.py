"""Several animals at once: a model for each, whose numbers and columns have its name in front.

    m1.wall.gain        a number
    m1.mean_radius_m    a column

Nothing is shared here: a number that animals have in common is one that a fit puts into each of
them (`Free.leaves`).
"""

from typing import Any

from solver.record import record


@record
class Several:
    """Animals with a model each.

    Attributes:
        each: models by the name of the animal, which is an identifier; what they were prepared
            with, and what looks at them, are mappings by the same names.
    """

    each: dict[str, Any]


def of_animal(animal: str, name: str) -> str:
    """A number or column of an animal; as it is without one."""
    return f"{animal}.{name}" if animal else name


def owner(column: str) -> tuple[str, str]:
    """The animal whose column it is, nothing of one model alone, and how that calls it."""
    animal, _, name = column.rpartition(".")
    return animal, name
