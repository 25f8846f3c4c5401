"""Measure how releases of JAX, autograd and NumPy change the cost of gradients.

`measure` installs the releases from the package index and compares them in up to 8 hours. It resumes where an earlier
run stopped. `table`, `findings` and `reproduce` take seconds.
"""

from __future__ import annotations

import argparse
import json
import platform
import signal
import sys
from collections.abc import Callable, Sequence

from asv_verdict.project import BadSetting
from asv_verdict.system.files import replace_whole
from asv_verdict.system.lock import Busy
from asv_verdict.vcs.git import GitFailed
from releases.bisection import bisected
from releases.bump import BranchInUse, bump
from releases.findings import Summary
from releases.markdown import markdown
from releases.measure import NothingToMeasure, measure
from releases.measuring import OtherMachine
from releases.pins import ROOT
from releases.reproduction import id_of, reproduction, run
from releases.table import Release, UnknownRelease, ends_of_series, extend, read_table, releases_of

FINDINGS = ROOT / "docs" / "findings"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 2 if it cannot start, with the reason on standard error."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (UnknownRelease, NothingToMeasure, OtherMachine, Busy, BranchInUse, BadSetting, GitFailed) as error:
        print(error, file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m releases", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        added.set_defaults(run=run)
        return added

    machine = "the machine's name in ASV's results (default: %(default)s)"
    table = command("table", _table, "add new releases from the package index to data/releases.json")
    table.add_argument("packages", nargs="+", metavar="PACKAGE", help="a dependency of the project, such as jax")
    measured = command("measure", _measure, "measure the releases of a package, or resume an earlier run")
    measured.add_argument("package", metavar="PACKAGE", help="jax, autograd or numpy")
    measured.add_argument("--machine", default=platform.node(), help=machine)
    measured.add_argument(
        "--since", default="", metavar="VERSION", help="the first release to measure (default: the oldest one)"
    )
    measured.add_argument(
        "--each",
        choices=("release", "series", "bisection"),
        default="release",
        help="every release; the first one and the last of each minor series; or these, and then the releases between "
        "two of them that show where a confirmed change lies (default: %(default)s)",
    )
    measured.add_argument(
        "--rounds", type=int, default=2, help="passes over all cells before the confirmation (default: %(default)s)"
    )
    measured.add_argument(
        "--hours", type=float, default=8.0, help="stop after this time; a later run resumes (default: %(default)s)"
    )
    bumped = command(
        "bump",
        _bump,
        "commit newer versions of the pinned packages on a branch and compare each commit with its parent",
    )
    bumped.add_argument("--machine", default=platform.node(), help=machine)
    reproduced = command("reproduce", _reproduce, "print the program that reproduces a finding, or run it")
    reproduced.add_argument("id", metavar="ID", help="the digits after `reproduce` in docs/findings/*/summary.md")
    reproduced.add_argument(
        "--run",
        dest="runs",
        action="store_true",
        help="install both sets of packages in a temporary folder, and run the program",
    )
    findings = command("findings", _findings, "render summary.md in docs/findings again from summary.json")
    findings.add_argument("packages", nargs="+", metavar="PACKAGE", choices=tuple(read_table()), help="%(choices)s")
    findings.add_argument("--write", action="store_true", help="replace the file instead of printing its text")
    return parser


def _bump(options: argparse.Namespace) -> int:
    return bump(options.machine, _say).value


def _table(options: argparse.Namespace) -> int:
    print("\n".join(extend(options.packages)) or "no new release")
    return 0


def _measure(options: argparse.Namespace) -> int:
    all_releases, since = releases_of(options.package), releases_of(options.package, options.since)
    chosen = since if options.each == "release" else ends_of_series(since)

    def measured(chosen: Sequence[Release], hours: float) -> Summary:
        return measure(
            options.package,
            all_releases,
            chosen,
            options.machine,
            rounds=options.rounds,
            hours=hours,
            command=_command(options),
            say=_say,
        )

    if options.each == "bisection":
        summary = bisected(measured, all_releases, chosen, options.hours, _say)
    else:
        summary = measured(chosen, options.hours)
    print(summary.as_markdown())
    return 0


def _findings(options: argparse.Namespace) -> int:
    for package in options.packages:
        text = markdown(json.loads((FINDINGS / package / "summary.json").read_text(encoding="utf-8")))
        if options.write:
            replace_whole(FINDINGS / package / "summary.md", text)
        else:
            print(text, end="")
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    for path in sorted(FINDINGS.glob("*/summary.json")):
        summary = json.loads(path.read_text(encoding="utf-8"))
        for row in summary["findings"]:
            if row["needs"] and id_of(summary["package"], row) == options.id:
                if options.runs:
                    return run(row, summary)
                print(reproduction(row, summary), end="")
                return 0
    print(f"no finding has the ID {options.id!r}; docs/findings/*/summary.md names them", file=sys.stderr)
    return 2


def _command(options: argparse.Namespace) -> str:
    since = f" --since {options.since}" if options.since else ""
    return (
        f"python -m releases measure {options.package}{since} --each {options.each} --rounds {options.rounds} "
        f"--hours {options.hours:g}"
    )


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    # SIGTERM unwinds the stack, so that the processes started here end first.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main())
