"""How far is the solver from exact solutions, and how fast does it come nearer?

`python -m benchmarks.verification docs` solves the problems of `flows` and `tracers` on finer and
finer meshes and writes the page of `page`.
"""
