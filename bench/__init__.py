"""Benchmarks: ours against a stock JupyterHub + DockerSpawner, side by side in one run."""
