"""The gradients by the suite's protocol, each program 5 % slower, to test whether the suite finds the slowdown."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))
