"""The gradients with ASV's own clock, samples and rounds, for comparison with the protocol of benchmarks/."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))
