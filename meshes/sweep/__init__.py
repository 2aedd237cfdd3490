"""The template sweep: from a vessel tree to layered perivascular space with straight columns."""
