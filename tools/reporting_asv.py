"""Run ASV and report each cell: `python -m tools.reporting_asv FD COMMAND ...` runs `asv COMMAND ...`.

It writes a line of JSON to the file descriptor FD when a cell begins or ends, and for each warning or error. ASV's own
progress counts benchmarks, and a benchmark can have hundreds of cells. ASV has no hook for a cell, so this module
wraps two of its functions.
"""

from __future__ import annotations

import functools
import itertools
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, TextIO

from asv import main as asv_main
from asv import runner
from asv.commands import run


def report_to(stream: TextIO) -> None:
    """From now on, report all cells, warnings and errors to `stream`."""

    def report(**event: object) -> None:
        print(json.dumps(event), file=stream, flush=True)

    run.run_benchmarks = _with_total(run.run_benchmarks, report)
    runner._run_benchmark_single_param = _with_cell(runner._run_benchmark_single_param, report)
    logging.getLogger().addHandler(_Warnings(report))


class _Warnings(logging.Handler):
    """Reports warnings and errors that ASV logs."""

    def __init__(self, report: Callable[..., None]) -> None:
        super().__init__(logging.WARNING)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        self._report(warning=str(record.msg))  # ASV prints the message itself


def _with_total(original: Any, report: Callable[..., None]) -> Any:
    @functools.wraps(original)
    def run_benchmarks(benchmarks: Any, *arguments: Any, **options: Any) -> Any:
        attributes = dict(options.get("extra_params") or {})
        cells = 0
        for name, benchmark in benchmarks.items():
            selected = benchmarks.benchmark_selection[name] if benchmark["params"] else [0]
            cells += len(selected) * int(attributes.get("rounds", benchmark.get("rounds", 1)))
        report(total=cells)
        return original(benchmarks, *arguments, **options)

    return run_benchmarks


def _with_cell(original: Any, report: Callable[..., None]) -> Any:
    @functools.wraps(original)
    def run_cell(benchmark: Any, spawner: Any, index: int, *arguments: Any, **options: Any) -> Any:
        values = next(itertools.islice(itertools.product(*benchmark["params"]), index, None))
        cell = f"{benchmark['name']}({', '.join(values)})"
        report(begins=cell)
        found = original(benchmark, spawner, index, *arguments, **options)
        report(ends=cell, failure=failure(found.stderr, found.errcode) if found.errcode else None)
        return found

    return run_cell


def failure(output: str, status: int) -> str:
    """The reason that a failed cell printed: its exception without the traceback, or its last line."""
    lines = output.strip().splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith(" ")]
    reason = [line.strip() for line in lines[frames[-1] + 1 if frames else -1 :] if line.strip()]
    return " ".join(reason) or f"its process ended with status {status} and printed nothing"


if __name__ == "__main__":
    # ASV ends its own processes on KeyboardInterrupt only; after a plain SIGTERM they would continue to run.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    descriptor = int(sys.argv.pop(1))
    os.set_inheritable(descriptor, False)
    with os.fdopen(descriptor, "w", encoding="utf-8") as events:
        report_to(events)
        asv_main.main()
