"""From norepinephrine to clearance."""
