"""Formats of centreline files, each read into a `RawTree` in the file's own unit."""
