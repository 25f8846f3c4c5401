"""Print facts of an environment as JSON: its versions, BLAS, processor and memory: `environment_facts.py [MORE]`.

ASV runs this script with the environment's own Python. It needs no package. MORE is another script; the dictionary that
its function `facts` returns is added.
"""

from __future__ import annotations

import json
import os
import platform
import runpy
import sys
from importlib import metadata
from typing import Any


def facts() -> dict[str, Any]:
    """The installed versions, the BLAS and its threads, the processor, the memory and the environment variables."""
    threads = _blas_threads()  # before SciPy loads its own BLAS with its own threads
    return {
        "python": platform.python_version(),
        "packages": installed_packages(),
        "blas": _blas(),
        "blas_threads": threads,
        "cpu": _cpu_model(),
        "cpu_cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release()}",
        "environment_variables": {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(("JAX_", "XLA_", "MALLOC_", "PYTHONHASHSEED")) or name.endswith("_NUM_THREADS")
        },
    }


def installed_packages() -> dict[str, str]:
    """Versions by name. Packages without a name, which broken installations leave behind, are left out."""
    found = ((one.metadata["Name"], one.version) for one in metadata.distributions() if one.metadata["Name"])
    return dict(sorted(found))


def _blas() -> dict[str, str]:
    """Name and version of the BLAS of NumPy and of SciPy."""
    found = {}
    for name in ("numpy", "scipy"):
        try:
            library = __import__(name).show_config(mode="dicts")["Build Dependencies"]["blas"]
        except (ImportError, KeyError, TypeError):
            continue
        found[name] = f"{library.get('name')} {library.get('version')}"
    return found


def _blas_threads() -> int | None:
    """Threads of this process after NumPy has multiplied two matrices; None if the system does not list them."""
    try:
        import numpy as np

        matrix = np.ones((500, 500))
        np.dot(matrix, matrix)
        return len(os.listdir("/proc/self/task"))
    except (ImportError, OSError):
        return None


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    found = facts()
    for script in sys.argv[1:]:  # last, because it may set environment variables
        found |= runpy.run_path(script)["facts"]()
    json.dump(found, sys.stdout)
