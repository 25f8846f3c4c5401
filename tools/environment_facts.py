"""What an environment measures with, as JSON on standard output. ASV runs this by the environment's own Python."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any


def facts() -> dict[str, object]:
    """Versions of everything installed, the BLAS and its threads, the processor, the memory, and what JAX runs on."""
    threads = _blas_threads()  # before SciPy brings a BLAS of its own, with threads of its own
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
        "devices": _devices(),  # last, since it sets a variable
    }


def _packages() -> dict[str, str]:
    """Versions by name; what is left of a broken installation has no name."""
    found = ((one.metadata["Name"], one.version) for one in metadata.distributions() if one.metadata["Name"])
    return dict(sorted(found))


def _blas() -> dict[str, str]:
    """Name and version of the BLAS that NumPy and SciPy each bring; JAX's LAPACK on the CPU is SciPy's."""
    found = {}
    for name in ("numpy", "scipy"):
        try:
            library = __import__(name).show_config(mode="dicts")["Build Dependencies"]["blas"]
        except (ImportError, KeyError, TypeError):
            continue
        found[name] = f"{library.get('name')} {library.get('version')}"
    return found


def _blas_threads() -> int | None:
    """Threads of this process once NumPy has multiplied two matrices, where the system counts them."""
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
    """By the suite's own look at them, which nothing has to be installed for."""
    sys.path.append(str(Path(__file__).parents[1]))
    from benchmarks.gpu import gpus

    return gpus()


def _devices() -> list[str]:
    """What JAX computes on here, and not only what the machine has."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # to ask takes no memory from who measures
    try:
        import jax

        return [f"{device.platform}: {device.device_kind}" for device in jax.devices()]
    except (ImportError, RuntimeError, AssertionError) as error:  # the last where a platform has no plugin
        return [f"none: {str(error) or 'no platform of JAX_PLATFORMS starts'}"]


if __name__ == "__main__":
    json.dump(facts(), sys.stdout)
