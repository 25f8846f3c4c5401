"""The same cells by ASV's own clock, samples and rounds, to say what the protocol of benchmarks/ is worth."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))
