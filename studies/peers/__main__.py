"""Compare this package's gradient of the MVN log-density with that of other libraries; print a table in Markdown.

It needs the libraries of the extra `peers`: `make peers` installs them into a separate environment. Each gradient
is compared with the oracle before it is timed. Four sizes take a few minutes on one core.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from asv_verdict import processor
from studies.documents import add_write_options, measured_here, store
from studies.peers.contestants import CONTESTANTS, OURS
from studies.peers.layout import SIZES, data_of, layout
from studies.peers.measuring import Disagrees, measure, versions


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the table; return 1 if a gradient is wrong or one of ours is missing."""
    parser = argparse.ArgumentParser(prog="python -m studies.peers", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="numbers of points")
    parser.add_argument(
        "--rounds", type=int, default=6, help="rounds of half a second for each contestant; the default is 6"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=CONTESTANTS,
        default=list(CONTESTANTS),
        metavar="NAME",
        help=f"contestants, of which floor is the roofline; the default is all: {', '.join(CONTESTANTS)}",
    )
    add_write_options(parser)
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
    data = data_of(seconds)
    print("\n".join(layout(data)[0].lines()))
    print(f"\n{processor()}, one core, one thread, float64, {datetime.now(UTC).date()}; {versions()}.")
    print(
        "Programs of this package are in bold. × gives each time as a multiple of the fastest of them. "
        "All gradients agree with the oracle."
    )
    for (name, size), why in missing.items():
        print(f"Not measured: {name} at n = {size}: {why}")
    if missing and options.write:
        print("Not stored: the table would be incomplete", file=sys.stderr)
    elif options.write:
        on = options.on or f"one core of {processor()}"
        store("peers", measured_here("make peers", on, versions()) | data)
    return int(any(name in OURS for name, _ in missing))


if __name__ == "__main__":
    sys.exit(main())
