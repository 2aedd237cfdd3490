"""What shape the space has now: topology, vertex motion, volumes, areas, swept volumes."""
