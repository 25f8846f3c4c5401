"""Measure how a night spends its time: run the nightly selection on HEAD with time accounting, and store no result.

It takes as long as `make bench`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from benchmarks.selections import expression
from studies.documents import Table, add_write_options, measured_here, store
from tools.asv_runs import ROOT, configuration, head, run_asv

ACCOUNTS = ROOT / ".asv" / "accounts.jsonl"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the selection and print the account of its time."""
    parser = argparse.ArgumentParser(prog="python -m studies.accounts", description=__doc__)
    parser.add_argument("machine", metavar="MACHINE", help="the machine's name in ASV's results")
    add_write_options(parser)
    options = parser.parse_args(arguments)
    ACCOUNTS.unlink(missing_ok=True)
    print("This takes as long as `make bench`. The account is printed at the end.", flush=True)
    begin = time.monotonic()
    with configuration("accounted", benchmark_dir="studies/accounts/accounted") as path:
        status = run_asv(path, options.machine, head(), expression("nightly"), "--dry-run")
    wall = time.monotonic() - begin
    if status:
        raise SystemExit(f"asv run ended with status {status}: the run is incomplete, so no account is printed")
    entries = [json.loads(line) for line in ACCOUNTS.read_text(encoding="utf-8").splitlines()]
    found = table(entries, wall)
    print("\n".join(found.lines()))
    if options.write:
        data = measured_here(f"python -m studies.accounts {options.machine}", options.on)
        store("accounts", data | {"tables": [found._asdict()]})


def table(entries: list[dict[str, Any]], wall: float) -> Table:
    """Seconds and share of each item of a run that took `wall` seconds."""
    spent: defaultdict[str, float] = defaultdict(float)
    for entry in entries:
        spent[entry["item"]] += entry["seconds"]
    compiling = sum(spent[stage] for stage in ("trace", "lower", "compile"))
    items = {
        "measuring": spent["processes"] - spent["make"],
        "starts of processes: Python, NumPy, the suite": spent["start"],
        "shared by the processes of a cell: import of the backend, oracle": spent["share"],
        "tracing, lowering and compiling": compiling,
        "first calls": spent["first_call"],
        "start of the backend, inputs, check": spent["make"] - compiling - spent["first_call"],
        "stages of compilation": spent["stages"],
        "memory, work and accuracy": spent["costs"],
    }
    items["ASV itself"] = wall - sum(items.values())
    rows = [[item, f"{seconds:.0f}", f"{seconds / wall:.0%}"] for item, seconds in items.items()]
    return Table(("item", "s", "share"), [*rows, ["total", f"{wall:.0f}", "100%"]])


def shape() -> tuple[tuple[int, int], ...]:
    """A row for each item and one for the total; columns for the name, the seconds and the share."""
    empty = table([], 1.0)
    return ((len(empty.rows), len(empty.columns)),)


if __name__ == "__main__":
    main()
