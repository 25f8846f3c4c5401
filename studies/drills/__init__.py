"""Drills: checks that take longer than a test. `python -m studies.drills` runs them and prints one row for each."""

from studies.blocks import DATA, Block

BLOCKS = {"drills": Block(("docs/decisions/drills.md",), f"{DATA}/drills.json", "studies.drills.__main__:shape")}
