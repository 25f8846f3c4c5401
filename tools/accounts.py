"""Where does the time of a night go? `python -m tools.accounts MACHINE` measures HEAD and keeps nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from typing import Any

from benchmarks.selections import expression
from tools import configurations

ACCOUNTS = configurations.ROOT / ".asv" / "accounts.jsonl"


def main() -> None:
    """Run the selection with accounts and print them."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.accounts MACHINE")
    configuration = configurations.write("accounted", benchmark_dir="tools/variants/accounted")
    ACCOUNTS.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "asv",
        "run",
        "--config",
        str(configuration),
        "--machine",
        sys.argv[1],
        "--dry-run",
    ]
    begin = time.monotonic()
    done = subprocess.run([*command, "--bench", expression("nightly"), "HEAD^!"], cwd=configurations.ROOT, check=False)
    wall = time.monotonic() - begin
    configuration.unlink()
    if done.returncode:
        raise SystemExit(f"asv run ended with status {done.returncode}, so the account is not that of a night")
    entries = [json.loads(line) for line in ACCOUNTS.read_text(encoding="utf-8").splitlines()]
    print("\n".join(table(entries, wall)))


def table(entries: list[dict[str, Any]], wall: float) -> list[str]:
    """Lines of Markdown: seconds and share of each item of a run that took `wall` seconds."""
    spent: defaultdict[str, float] = defaultdict(float)
    for entry in entries:
        spent[entry["item"]] += entry["seconds"]
    items = {
        "measuring": spent["processes"] - spent["make"],
        "making programs: start of the backend, compiling, first call, check": spent["make"],
        "what a cell's processes share: import of the backend, oracle": spent["share"],
        "compile time, memory, work and accuracy": spent["costs"],
        "starts of processes: Python, NumPy, the suite": spent["start"],
    }
    items["ASV itself"] = wall - sum(items.values())
    rows = [f"| {item} | {seconds:.0f} | {seconds / wall:.0%} |" for item, seconds in items.items()]
    return ["| where the time goes | s | share |", "|---|---|---|", *rows, f"| together | {wall:.0f} | 100% |"]


if __name__ == "__main__":
    main()
