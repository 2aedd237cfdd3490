"""Benchmarks, one question each; run from the checkout as `python -m benchmarks.<name>`."""
