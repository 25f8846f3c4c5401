"""The gradients by ASV's own clock, samples and rounds, to compare with the protocol of benchmarks/."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))
