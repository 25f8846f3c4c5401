"""Where does the time of a night go? `python -m tools.accounts MACHINE` measures HEAD and keeps nothing."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from typing import Any

from benchmarks.selections import expression
from tools.asv_runs import ROOT, configuration, head, run_asv

ACCOUNTS = ROOT / ".asv" / "accounts.jsonl"


def main() -> None:
    """Run the selection with accounts and print them."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.accounts MACHINE")
    ACCOUNTS.unlink(missing_ok=True)
    print("A night takes as long as `make bench`; its account comes at the end.", flush=True)
    begin = time.monotonic()
    with configuration("accounted", benchmark_dir="tools/variants/accounted") as path:
        status = run_asv(path, sys.argv[1], head(), expression("nightly"), "--dry-run")
    wall = time.monotonic() - begin
    if status:
        raise SystemExit(f"asv run ended with status {status}, so the account is not that of a night")
    entries = [json.loads(line) for line in ACCOUNTS.read_text(encoding="utf-8").splitlines()]
    print("\n".join(table(entries, wall)))


def table(entries: list[dict[str, Any]], wall: float) -> list[str]:
    """Lines of Markdown: seconds and share of each item of a run that took `wall` seconds."""
    spent: defaultdict[str, float] = defaultdict(float)
    for entry in entries:
        spent[entry["item"]] += entry["seconds"]
    compiling = sum(spent[stage] for stage in ("trace", "lower", "compile"))
    items = {
        "measuring": spent["processes"] - spent["make"],
        "starts of processes: Python, NumPy, the suite": spent["start"],
        "what a cell's processes share: import of the backend, oracle": spent["share"],
        "tracing, lowering and compiling": compiling,
        "first calls": spent["first_call"],
        "start of the backend, inputs, check": spent["make"] - compiling - spent["first_call"],
        "stages of compilation": spent["stages"],
        "memory, work and accuracy": spent["costs"],
    }
    items["ASV itself"] = wall - sum(items.values())
    rows = [f"| {item} | {seconds:.0f} | {seconds / wall:.0%} |" for item, seconds in items.items()]
    return ["| where the time goes | s | share |", "|---|---|---|", *rows, f"| together | {wall:.0f} | 100% |"]


if __name__ == "__main__":
    main()
