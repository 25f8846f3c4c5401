"""Drills: what takes longer than a test. `python -m tools.drills` runs them, and each prints one row."""
