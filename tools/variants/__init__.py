"""Benchmark folders that measure the suite in another way; the tools run ASV on them. Nothing of theirs is a result."""
