"""The same cells by the same protocol, each program slower by 5 % of extra work, to tell whether the suite sees it."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))
