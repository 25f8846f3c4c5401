"""Record nights of identical code, on which `python -m studies.recorded_nights` tests the verdict.

For each of twelve cells, a night records the time of a call in each of several processes, as the suite measures it but
within a quarter of a second. The processes are forked one after the other, and the cells take turns. All processes of a
cell measure the same code. So the replay can slow some of them down artificially and keep others unused for the
confirmation. Each process also measures a control, the same 20 ms of work in Python and NumPy, right before and after
the calls. A night of 120 processes takes about 10 minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from asv_verdict import facts
from autodiff_kernels import Case, build, preload
from benchmarks.clock import fitting_clock, keep_freed_memory, pin_to_core, undisturbed_call
from benchmarks.processes import in_forked_process
from studies.background_load import busy_processes
from studies.one_thread import use_one_thread
from tools import environment_facts as facts_of_jax
from tools.files import replace_whole

#: Twelve cells with different bottlenecks: dispatch, memory, factorisation, Python; microseconds to milliseconds.
CELLS = (
    "rbf/jax/reverse/d=1",
    "rbf/autograd/reverse/d=1",
    "covariance/jax/reverse/n=300",
    "covariance/jax/reverse/n=300/dtype=float32",
    "covariance/autograd/reverse/n=300",
    "mvn/jax/reverse/n=3",
    "mvn/jax/reverse/n=100",
    "mvn/jax/explicit/n=300",
    "mvn/autograd/reverse/n=100",
    "timeline/jax/forward/m=40000",
    "timeline/autograd/explicit/m=40000/formulation=weibull",
    "timeline/autograd/double_reverse/m=40000",
)
#: Seconds of calls in one process. The suite calls for longer, so a recorded process is noisier.
SECONDS = 0.25
#: The processes of each cell between two lines of progress.
PROCESSES_OF_LINE = 12
#: Equal parts of the control, each some 0.2 ms.
PARTS_OF_CONTROL = 100


def main() -> None:
    """Record nights and append each to the file."""
    parser = argparse.ArgumentParser(prog="python -m studies.recorded_nights.record", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="a JSON file; it is created or extended")
    parser.add_argument("--nights", type=int, default=1, help="nights to record (default: %(default)s)")
    parser.add_argument(
        "--processes", type=int, default=48, help="processes of each cell in a night (default: %(default)s)"
    )
    parser.add_argument(
        "--load", type=int, default=0, metavar="N", help="background load: N busy processes (default: %(default)s)"
    )
    parser.add_argument(
        "--beside", type=int, default=0, metavar="N", help="N other processes keep the machine busy already"
    )
    options = parser.parse_args()
    use_one_thread()
    os.environ["JAX_PLATFORMS"] = "cpu"
    cases = [Case.parse(cell) for cell in CELLS]
    measured_with = in_forked_process(_facts)
    for case in cases:
        preload(case)
    for number in range(options.nights):
        with busy_processes(options.load):
            night = _night(cases, options.processes)
        busy = options.load + options.beside
        _append(options.file, {"busy_processes": busy, "measured_with": measured_with, **night})
        print(f"night {number + 1} of {options.nights}: {night['seconds']:.0f} s", flush=True)


def _facts() -> dict[str, Any]:
    return facts() | facts_of_jax.facts()


def _night(cases: list[Case], processes: int) -> dict[str, Any]:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    begin = time.monotonic()
    minima: dict[str, list[float]] = {str(case): [] for case in cases}
    controls: dict[str, list[list[float]]] = {str(case): [] for case in cases}
    for number in range(processes):
        if number % PROCESSES_OF_LINE == 0:
            print(f"{number} of {processes} processes: {time.monotonic() - begin:.0f} s", flush=True)
        for case in cases:
            # Adjacent processes share a core, as those of two commits in a session do.
            seconds, control = in_forked_process(partial(_time_of_process, case, number // 2))
            minima[str(case)].append(seconds)
            controls[str(case)].append(control)
    return {"started": started, "seconds": time.monotonic() - begin, "minima": minima, "controls": controls}


def _time_of_process(case: Case, core: int) -> tuple[float, list[float]]:
    """The time of a call, and the shortest and the mean part of the control before and after the calls, in seconds."""
    pin_to_core(core)
    keep_freed_memory()
    run = build(case).run
    clock = fitting_clock(run, case.device)
    before = _control()
    seconds = undisturbed_call(run, SECONDS, clock)
    return seconds, [*before, *_control()]


def _control() -> tuple[float, float]:
    """The shortest and the mean of the equal parts of some 20 ms of work, in seconds."""
    parts, matrix = [], np.ones((64, 64))
    for _ in range(PARTS_OF_CONTROL):
        begin = time.perf_counter()
        sum(number * number for number in range(3000))
        matrix @ matrix
        parts.append(time.perf_counter() - begin)
    return min(parts), fmean(parts)


def _append(path: Path, night: dict[str, Any]) -> None:
    nights = json.loads(path.read_text(encoding="utf-8"))["nights"] if path.exists() else []
    replace_whole(path, {"version": 1, "nights": [*nights, night]})


if __name__ == "__main__":
    main()
