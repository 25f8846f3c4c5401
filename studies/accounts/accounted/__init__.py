"""The nightly selection with an account of how it spends its time, which `python -m studies.accounts` reads."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
ACCOUNTS = ROOT / ".asv" / "accounts.jsonl"
sys.path.append(str(ROOT))


def enter(item: str, seconds: float) -> None:
    """Append one line to the account. The system writes such a short line in one piece, even with several writers."""
    with ACCOUNTS.open("a", encoding="utf-8") as accounts:
        accounts.write(json.dumps({"item": item, "seconds": seconds}) + "\n")


def accounted(item: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `function`, so that each call adds its duration to the account."""

    def call(*arguments: Any, **options: Any) -> Any:
        begin = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            enter(item, time.perf_counter() - begin)

    return call


def seconds_since_this_process_began() -> float:
    """The age of this process in seconds, to a hundredth, from /proc."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return uptime - int(fields[19]) / os.sysconf("SC_CLK_TCK")
