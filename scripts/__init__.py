"""The commands: each composes a configuration, calls the solver or the mesher, and saves."""
