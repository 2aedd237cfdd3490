"""Units at the edge: everything inside is SI, so `3 * um` is a length in metres.

A column carries its unit in its name: `tip_velocity_m_per_s`.
"""

metre = 1.0
um = 1e-6
mm = 1e-3
cm = 1e-2
nm = 1e-9
second = 1.0
minute = 60.0
hour = 3600.0
hertz = 1.0
pascal = 1.0
mmHg = 133.322387415

WRITTEN = {  # how the names of columns end, and the unit as a reader writes it
    "m3_per_s": "m3 s-1",
    "m_per_s": "m s-1",
    "m3": "m3",
    "m": "m",
    "s": "s",
    "1": "1",
}


def unit_of(column: str) -> tuple[str, str]:
    """A column as quantity and unit as its name has it: `tip_velocity`, `m_per_s`."""
    suffix = next((suffix for suffix in WRITTEN if column.endswith(f"_{suffix}")), "")
    return (column.removesuffix(f"_{suffix}"), suffix) if suffix else (column, "")
