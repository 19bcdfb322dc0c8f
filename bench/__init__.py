"""The figures of docs/benchmarks.md; run with `python -m bench`."""
