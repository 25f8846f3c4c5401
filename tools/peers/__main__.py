"""`python -m tools.peers`: the gradient of one log-density by ours and by others, as a table in Markdown."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from asv_verdict.machine import processor
from tools.peers.contestants import CONTESTANTS, FLOOR, OURS
from tools.peers.measuring import Disagrees, measure, versions

SIZES = (100, 300, 1000, 2000)


def table(seconds: Mapping[int, Mapping[str, float]]) -> list[str]:
    """A row for each contestant: its time, and how often the fastest of ours fits into it."""
    sizes = list(seconds)
    names = dict.fromkeys(name for by_name in seconds.values() for name in by_name)
    order = sorted(names, key=lambda name: seconds[sizes[-1]].get(name, float("inf")))
    lines = ["| | " + " | ".join(f"n = {size}" for size in sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    for name in order:
        cells = []
        for size in sizes:
            by_name = seconds[size]
            fastest = min((by_name[one] for one in by_name if one in OURS), default=None)
            ratio = f", {by_name[name] / fastest:.2f} ×" if fastest and name in by_name else ""
            cells.append(f"{_milliseconds(by_name[name])} ms{ratio}" if name in by_name else "—")
        label = "floor: the work as one matrix product" if name == FLOOR else f"**{name}**" if name in OURS else name
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return lines


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the table; 1 where a gradient is wrong, or one of ours is missing."""
    parser = argparse.ArgumentParser(prog="python -m tools.peers", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    options = parser.parse_args(arguments)
    seconds: dict[int, dict[str, float]] = {}
    missing: dict[tuple[str, int], str] = {}
    try:
        for size in options.sizes:
            seconds[size], absent = measure(
                size, options.only, options.rounds, lambda words: print(words, file=sys.stderr, flush=True)
            )
            missing |= {(name, size): why for name, why in absent.items()}
    except Disagrees as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(table(seconds)))
    print(f"\n{processor()}, one core, one thread, float64, {datetime.now(UTC).date()}; {versions()}.")
    print("× is over the fastest of ours, which are bold; all agree with the oracle.")
    for (name, size), why in missing.items():
        print(f"Not measured: {name} at n = {size}: {why}")
    return int(any(name in OURS for name, _ in missing))


if __name__ == "__main__":
    sys.exit(main())
