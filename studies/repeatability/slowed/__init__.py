"""The gradients under the suite's protocol, each program slowed by 5 %, to test whether the suite detects it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))
