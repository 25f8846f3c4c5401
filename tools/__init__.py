"""Small commands around the suite. They run in ASV's environment, not in the environments that ASV measures."""

import importlib.util
import sys
from pathlib import Path

# Nothing is installed on a GPU machine, so asv-verdict is imported from its source there.
if importlib.util.find_spec("asv_verdict") is None:
    sys.path.append(str(Path(__file__).parents[1] / "asv-verdict" / "src"))
