"""Benchmarks and load: each prints one table, bounded in count and time."""
