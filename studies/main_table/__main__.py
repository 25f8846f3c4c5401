"""Print README's main table: a row for each problem and backend, each mode as a multiple of the objective.

It reads the results of one commit. `make bench` measures them in about 20 minutes on two cores.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from asv.config import Config
from asv.results import Results, iter_results_for_machine_and_hash

from asv_verdict import last_entry
from studies.documents import add_write_options, measured_here, store, versions_of
from studies.main_table.layout import BACKENDS, MODES, ROWS, layout
from tools.asv_runs import head


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; --write also stores it."""
    parser = argparse.ArgumentParser(prog="python -m studies.main_table", description=__doc__)
    parser.add_argument("machines", nargs="+", metavar="MACHINE", help="the machine's name in ASV's results")
    parser.add_argument("--results", metavar="FOLDER", help="ASV's results; default: those of this repository")
    parser.add_argument("--commit", help="the whole hash of the commit; default: HEAD")
    add_write_options(parser)
    options = parser.parse_args(arguments)
    folder, commit = options.results or Config.load().results_dir, options.commit or head()
    results = [result for machine in options.machines for result in results_of(folder, machine, commit)]
    if not results:
        raise SystemExit(
            f"{folder} has no results of commit {commit[:8]} for the machine {', '.join(options.machines)}: "
            "measure them with `make bench`"
        )
    data = {"rows": rows(results)}
    print("\n".join(layout(data)[0].lines()))
    if options.write:
        facts = last_entry(Path(folder) / options.machines[0], commit, results[0].env_name)
        versions = f"Python {facts['python']}, {versions_of(facts['packages'])}"
        where = measured_here("make bench", options.on or f"{facts['cpu']}, {facts['cpu_cores']} cores", versions)
        store("main-table", where | {"commit": f"commit {commit[:7]}", "date": facts["last"][:10], **data})


def rows(results: list[Results]) -> list[dict[str, Any]]:
    """Seconds of each mode for each problem and backend; None for a cell that was not measured."""
    found = []
    for (label, (benchmark, fixed)), backend in itertools.product(ROWS.items(), BACKENDS):
        times = (_time(results, f"gradients.{benchmark}", fixed | _cell(backend, mode)) for mode in MODES)
        seconds = {mode: time if math.isfinite(time) else None for mode, time in zip(MODES, times, strict=True)}
        found.append({"problem": label, "backend": backend, "seconds": seconds})
    return found


def results_of(folder: str, machine: str, commit: str) -> Iterator[Results]:
    for result in iter_results_for_machine_and_hash(folder, machine, commit):
        if result.env_vars.get("OMP_NUM_THREADS") == "1":  # leaves out the results of `make bench-all-cores`
            yield result


def _cell(backend: str, mode: str) -> dict[str, str]:
    return {"backend": repr(backend), "mode": repr(mode), "dtype": "'float64'"}


def _time(results: list[Results], benchmark: str, cell: dict[str, str]) -> float:
    """Seconds of one cell, or NaN if it was not measured. `cell` holds every parameter's value, as ASV writes it."""
    for result in results:
        if benchmark in result.get_all_result_keys():
            parameters = result.get_result_params(benchmark)
            values = result.get_result_value(benchmark, parameters)
            for found, value in zip(itertools.product(*parameters), values, strict=True):
                if set(found) == set(cell.values()) and value is not None and math.isfinite(value):
                    return float(value)
    return math.nan


if __name__ == "__main__":
    main()
