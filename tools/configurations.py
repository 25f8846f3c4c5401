"""Changed copies of asv.conf.json: `python -m tools.configurations all-cores` writes one and prints its name.

They lie beside the original, since ASV takes the paths in a configuration from where it lies.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from asv.util import load_json

ROOT = Path(__file__).parent.parent


def load() -> dict[str, Any]:
    """asv.conf.json without its comments and format version."""
    configuration: dict[str, Any] = load_json(str(ROOT / "asv.conf.json"), api_version=1, js_comments=True)
    return configuration


def write(name: str, **changes: Any) -> Path:
    """A copy of asv.conf.json with `changes` at its top level; git ignores it."""
    path = ROOT / f"asv.conf.{name}.json"
    path.write_text(json.dumps({"version": 1, **load(), **changes}, indent=1), encoding="utf-8")
    return path


def all_cores() -> Path:
    """The second setting of threads: every core of this machine for JAX and the BLAS, on an axis of its own."""
    cores = [str(os.cpu_count())]
    matrix = load()["matrix"]
    matrix["env_nobuild"] |= {"OMP_NUM_THREADS": cores, "OPENBLAS_NUM_THREADS": cores}
    return write("all-cores", matrix=matrix)


if __name__ == "__main__":
    if sys.argv[1:] != ["all-cores"]:
        raise SystemExit("usage: python -m tools.configurations all-cores")
    print(all_cores().name)
