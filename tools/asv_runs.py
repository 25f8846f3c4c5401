"""Run ASV with a changed copy of asv.conf.json, and read the values that it stores.

`python -m tools.asv_runs gpu` writes the configuration of a night on a GPU and prints its name.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asv.results import Results
from asv.util import load_json

from asv_verdict import own_python_first
from benchmarks.gpu import why_no_gpu

ROOT = Path(__file__).parent.parent
#: The status of `asv run` when a benchmark failed; it stores the results of all others.
BENCHMARK_FAILED = 2


def load_configuration() -> dict[str, Any]:
    """asv.conf.json without its comments and format version."""
    configuration: dict[str, Any] = load_json(str(ROOT / "asv.conf.json"), api_version=1, js_comments=True)
    return configuration


def write_configuration(name: str, **changes: Any) -> Path:
    """Write a copy of asv.conf.json with `changes` at its top level, and return its path.

    The copy is in the folder of the original, because ASV resolves the paths in a configuration from its folder. Git
    ignores the copy.
    """
    path = ROOT / f"asv.conf.{name}.json"
    path.write_text(json.dumps({"version": 1, **load_configuration(), **changes}, indent=1), encoding="utf-8")
    return path


def all_cores() -> Path:
    """Write a configuration that lets JAX and the BLAS use every core; its results are separate series.

    Raises SystemExit on a machine with one core: there the results would replace those of `make bench`.
    """
    cores = [str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())]
    if cores == ["1"]:
        raise SystemExit("this machine has one core, and `make bench-all-cores` needs two: run `make bench`")
    matrix = load_configuration()["matrix"]
    matrix["env_nobuild"] |= {"OMP_NUM_THREADS": cores, "OPENBLAS_NUM_THREADS": cores}
    return write_configuration("all-cores", matrix=matrix)


def gpu() -> Path:
    """Write the configuration of a night on a GPU: pip installs each commit's JAX with CUDA from the package index.

    This function does not check for a GPU. Without one, the night reports every cell as broken and gives this reason.
    """
    original = load_configuration()
    matrix = {**original["matrix"], "env_nobuild": original["matrix"]["env_nobuild"] | {"JAX_PLATFORMS": ["cuda"]}}
    install = [command.replace("[pinned]", "[pinned,gpu]") for command in original["install_command"]]
    return write_configuration("gpu", matrix=matrix, install_command=install)


def installed(platform: str) -> Path:
    """Write a configuration that measures with the packages of this Python.

    `platform` is a value of JAX_PLATFORMS: `cpu` or `cuda`. Without a GPU, `cuda` raises SystemExit with the reason.
    """
    if platform != "cpu" and (reason := why_no_gpu()):
        raise SystemExit(f"There is no GPU to measure on: {reason}.")
    matrix = load_configuration()["matrix"]["env_nobuild"] | {"JAX_PLATFORMS": [platform]}
    return write_configuration(
        f"installed-{platform}",
        environment_type="installed",
        pythons=[f"{sys.version_info.major}.{sys.version_info.minor}"],
        matrix={"env_nobuild": matrix},
    )


@contextlib.contextmanager
def configuration(name: str, **changes: Any) -> Iterator[Path]:
    """Write a changed copy of asv.conf.json, and delete it at the end of the block."""
    path = write_configuration(name, **changes)
    try:
        yield path
    finally:
        path.unlink()


def run_asv(configuration: Path, machine: str, commit: str, pattern: str, *options: str) -> int:
    """Run the benchmarks of `pattern` on one commit and return ASV's status; print ASV's output if it is not 0."""
    command = [sys.executable, "-m", "asv", "run", "--config", str(configuration), "--machine", machine]
    command += ["--show-stderr", *options, "--bench", pattern, f"{commit}^!"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=own_python_first())
    if done.returncode:
        measured = "\n".join(line for line in done.stdout.splitlines() if not line.endswith(" n/a"))
        print(measured[-3000:], done.stderr[-3000:], f"asv run ended with status {done.returncode}", sep="\n")
    return done.returncode


def cell_values(results: Results) -> dict[str, float]:
    """The finite values of a result, by the cell name that ASV prints."""
    return {cell: value for cell, value in _cells(results) if value is not None and math.isfinite(value)}


def _cells(results: Results) -> Iterator[tuple[str, float | None]]:
    for benchmark in results.get_all_result_keys():
        parameters = results.get_result_params(benchmark)
        values = results.get_result_value(benchmark, parameters)
        for combination, value in zip(itertools.product(*parameters), values, strict=True):
            yield f"{benchmark}({', '.join(combination)})", value


def head() -> str:
    """The hash of the commit that is checked out."""
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    if sys.argv[1:] != ["gpu"]:
        raise SystemExit("usage: python -m tools.asv_runs gpu")
    print(gpu().name)
