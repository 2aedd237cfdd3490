"""Filling the room between the sheath and the outer face of the tissue with tetrahedra."""
