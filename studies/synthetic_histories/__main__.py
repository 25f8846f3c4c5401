"""How good is the detector of level shifts on other machines? This command scores it on synthetic histories.

It takes about 5 minutes. All nights in data/nights.json come from one machine, so this command draws random histories
of twelve cells instead. Each cell has its own noise, and one value in 50 is an outlier. A world models a machine.
Each history is scored four times: unchanged, and with one cell slower by 5 %, 10 % or 20 % after the first 36 nights.
"""

from __future__ import annotations

import argparse

from studies.documents import add_write_options
from studies.synthetic_histories.scoring import DETECTORS, keep, scored


def main() -> None:
    """Score the detectors in each world, and print a row for each detector and world."""
    parser = argparse.ArgumentParser(prog="python -m studies.synthetic_histories", description=__doc__)
    parser.add_argument(
        "--histories",
        type=int,
        default=480,
        help="histories of a world; a seventh of it where they are long (default: %(default)s)",
    )
    add_write_options(parser)
    options = parser.parse_args()
    table = scored(DETECTORS, options.histories)
    if options.write:
        keep("detector-histories", "python -m studies.synthetic_histories", table, options)


if __name__ == "__main__":
    main()
