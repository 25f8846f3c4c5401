"""Runs of ASV with a changed copy of asv.conf.json, and the values that they leave."""

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

from asv_verdict.commits import own_python_first
from benchmarks.gpu import why_no_gpu

ROOT = Path(__file__).parent.parent
#: Status with which `asv run` ends when a benchmark failed; what did not fail is in the results.
BENCHMARK_FAILED = 2


def load_configuration() -> dict[str, Any]:
    """asv.conf.json without its comments and format version."""
    configuration: dict[str, Any] = load_json(str(ROOT / "asv.conf.json"), api_version=1, js_comments=True)
    return configuration


def write_configuration(name: str, **changes: Any) -> Path:
    """A copy of asv.conf.json with `changes` at its top level.

    Beside the original, since ASV takes the paths in a configuration from where it lies; git ignores it.
    """
    path = ROOT / f"asv.conf.{name}.json"
    path.write_text(json.dumps({"version": 1, **load_configuration(), **changes}, indent=1), encoding="utf-8")
    return path


def all_cores() -> Path:
    """The second setting of threads: every core for JAX and the BLAS, on an axis of its own.

    SystemExit where one core is all there is: that is the first setting, whose results would be replaced.
    """
    cores = [str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())]
    if cores == ["1"]:
        raise SystemExit("this machine has one core, so `make bench` has measured with all of them")
    matrix = load_configuration()["matrix"]
    matrix["env_nobuild"] |= {"OMP_NUM_THREADS": cores, "OPENBLAS_NUM_THREADS": cores}
    return write_configuration("all-cores", matrix=matrix)


def gpu() -> Path:
    """The suite on a GPU, with the JAX that a commit pins and the CUDA that goes with it, which takes an index.

    For a night, which says itself that there is no GPU: each cell is broken then, with that reason.
    """
    original = load_configuration()
    matrix = {**original["matrix"], "env_nobuild": original["matrix"]["env_nobuild"] | {"JAX_PLATFORMS": ["cuda"]}}
    install = [command.replace("[pinned]", "[pinned,gpu]") for command in original["install_command"]]
    return write_configuration("gpu", matrix=matrix, install_command=install)


def installed(platform: str) -> Path:
    """What this Python has already, measured on `cpu` or on a GPU, `cuda`, as JAX_PLATFORMS names them.

    SystemExit with the reason where there is no GPU to measure on.
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
    """A changed copy of asv.conf.json, gone after the block."""
    path = write_configuration(name, **changes)
    try:
        yield path
    finally:
        path.unlink()


def run_asv(configuration: Path, machine: str, commit: str, pattern: str, *options: str) -> int:
    """Run the benchmarks of `pattern` on one commit and return ASV's status, with its output where that is not 0.

    Only one number in ASV's results tells apart what failed from what was not selected; see `failed_cells`.
    """
    command = [sys.executable, "-m", "asv", "run", "--config", str(configuration), "--machine", machine]
    command += ["--show-stderr", *options, "--bench", pattern, f"{commit}^!"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=own_python_first())
    if done.returncode:
        measured = "\n".join(line for line in done.stdout.splitlines() if not line.endswith(" n/a"))
        print(measured[-3000:], done.stderr[-3000:], f"asv run ended with status {done.returncode}", sep="\n")
    return done.returncode


def cell_values(results: Results) -> dict[str, float]:
    """Each cell of a result that has a number, by the name that ASV prints."""
    return {cell: value for cell, value in _cells(results) if value is not None and math.isfinite(value)}


def failed_cells(results: Results) -> list[str]:
    """Cells that were measured and gave no number; what was not selected is NaN in ASV's results, what failed None."""
    return [cell for cell, value in _cells(results) if value is None]


def _cells(results: Results) -> Iterator[tuple[str, float | None]]:
    for benchmark in results.get_all_result_keys():
        parameters = results.get_result_params(benchmark)
        values = results.get_result_value(benchmark, parameters)
        for combination, value in zip(itertools.product(*parameters), values, strict=True):
            yield f"{benchmark}({', '.join(combination)})", value


def head() -> str:
    """The commit that is checked out."""
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["all-cores"]:
            print(all_cores().name)
        case ["gpu"]:
            print(gpu().name)
        case ["installed", "cpu" | "cuda" as platform]:
            print(installed(platform).name)
        case _:
            raise SystemExit("usage: python -m tools.asv_runs {all-cores,gpu,installed cpu,installed cuda}")
