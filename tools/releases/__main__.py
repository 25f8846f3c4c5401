"""What releases do to gradients: `python -m tools.releases measure jax`, the table that it reads, and bumps of pins."""

from __future__ import annotations

import argparse
import platform
import signal
import sys
from collections.abc import Sequence

from asv_verdict.lock import Busy
from asv_verdict.settings import BadSetting
from tools.releases.bump import BranchInUse, bump
from tools.releases.measure import NothingToMeasure, measure
from tools.releases.measuring import OtherMachine
from tools.releases.table import UnknownRelease, ends_of_series, extend, releases_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 2 where there is nothing to do, which is said."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (UnknownRelease, NothingToMeasure, OtherMachine, Busy, BranchInUse, BadSetting) as error:
        print(error, file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.releases", description=__doc__)
    commands = parser.add_subparsers(required=True)
    table = commands.add_parser("table", help="add new releases from the package index to data/releases.json")
    table.add_argument("packages", nargs="+")
    table.set_defaults(run=_table)
    measured = commands.add_parser("measure", help="measure the releases of a package, from where a run has stopped")
    measured.add_argument("package")
    measured.add_argument("--machine", default=platform.node(), help="the name under which results are kept")
    measured.add_argument("--since", default="", help="the first release; the first in the table where none is given")
    measured.add_argument(
        "--each",
        choices=("release", "series"),
        default="release",
        help="every release, or the last of each minor series and the first",
    )
    measured.add_argument("--rounds", type=int, default=2, help="how often everything is measured")
    measured.add_argument("--hours", type=float, default=8.0, help="after which it stops, to go on another time")
    measured.set_defaults(run=_measure)
    bumped = commands.add_parser("bump", help="newer releases of the pins: commits on a branch, and what they cost")
    bumped.add_argument("--machine", default=platform.node(), help="the machine's name in ASV's results")
    bumped.set_defaults(run=_bump)
    return parser


def _bump(options: argparse.Namespace) -> int:
    return bump(options.machine, _say).value


def _table(options: argparse.Namespace) -> int:
    print("\n".join(extend(options.packages)) or "nothing is new")
    return 0


def _measure(options: argparse.Namespace) -> int:
    chosen = releases_of(options.package, options.since)
    summary = measure(
        options.package,
        releases_of(options.package),
        ends_of_series(chosen) if options.each == "series" else chosen,
        options.machine,
        rounds=options.rounds,
        hours=options.hours,
        command=_command(options),
        say=_say,
    )
    print(summary.as_markdown())
    return 0


def _command(options: argparse.Namespace) -> str:
    since = f" --since {options.since}" if options.since else ""
    return (
        f"python -m tools.releases measure {options.package}{since} --each {options.each} --rounds {options.rounds} "
        f"--hours {options.hours:g}"
    )


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    # Ended politely, it ends what it has started before it goes.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main())
