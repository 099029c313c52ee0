"""Benchmarks: each figure beside its floor, measured in one run, as a ratio. `docs/performance.md` explains them."""
