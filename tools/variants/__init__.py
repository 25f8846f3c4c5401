"""Benchmark folders that measure the suite in other ways. The tools run ASV on them; their values are not results."""
