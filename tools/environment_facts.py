"""Print the provenance of an environment as JSON: its versions, BLAS, processor, memory and devices.

ASV runs this script with the environment's own Python. It needs no package and takes seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any


def facts() -> dict[str, object]:
    """The installed versions, the BLAS and its threads, the processor, the memory, and the devices of JAX."""
    threads = _blas_threads()  # before SciPy loads its own BLAS with its own threads
    return {
        "python": platform.python_version(),
        "packages": _packages(),
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
        "gpus": _gpus(),
        "devices": _devices(),  # last, since this call sets an environment variable
    }


def _packages() -> dict[str, str]:
    """Versions by name. Packages without a name, which broken installations leave behind, are left out."""
    found = ((one.metadata["Name"], one.version) for one in metadata.distributions() if one.metadata["Name"])
    return dict(sorted(found))


def _blas() -> dict[str, str]:
    """Name and version of the BLAS of NumPy and of SciPy; JAX on the CPU uses the LAPACK of SciPy."""
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


def _gpus() -> list[dict[str, Any]]:
    """The GPUs that benchmarks.gpu lists; it imports no package."""
    sys.path.append(str(Path(__file__).parents[1]))
    from benchmarks.gpu import gpus

    return gpus()


def _devices() -> list[str]:
    """The devices on which JAX computes here."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # this query must not reserve GPU memory
    try:
        import jax

        return [f"{device.platform}: {device.device_kind}" for device in jax.devices()]
    except (ImportError, RuntimeError, AssertionError) as error:  # AssertionError: a platform without a plugin
        return [f"none: {str(error) or 'no platform of JAX_PLATFORMS starts'}"]


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    json.dump(facts(), sys.stdout)
