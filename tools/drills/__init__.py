"""Drills: checks that take longer than a test. `python -m tools.drills` runs them and prints one row for each."""
