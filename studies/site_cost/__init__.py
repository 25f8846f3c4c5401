"""The cost of the pages: the time to publish and to open them, and their size."""

from studies.blocks import DATA, Block

BLOCKS = {"site-cost": Block(("docs/decisions/the-dashboards-assets.md",), f"{DATA}/site-cost.json", ((5, 2),))}
