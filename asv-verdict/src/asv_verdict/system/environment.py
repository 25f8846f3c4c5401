"""The environment variables of the commands that this package starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def own_python_first() -> dict[str, str]:
    """The environment variables of this process, with this Python first on PATH.

    ASV searches PATH for a Python of its own version; without this it may find none, or a launcher that fails.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path}
