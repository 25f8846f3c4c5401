"""Benchmark folders that measure the same cells in other ways. Tools run ASV on them; no value is published."""
