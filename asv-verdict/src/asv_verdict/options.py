"""The options of the commands, and what their values mean."""

from __future__ import annotations

import argparse
import math
import platform
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from asv_verdict.project import BadSetting, Project
from asv_verdict.stats.noise import LEAST_PAIRS
from asv_verdict.system.arguments import whole_number

EXIT_STATUSES = """exit status of nightly and compare:
  0  pass          every expected cell was measured, and no regression was found
  1  regression    a change was confirmed that is neither an improvement nor accepted
  2  broken        an expected cell has no number, the input is wrong, or another run holds the lock; the report still
                   counts the regressions of the other cells, in its first line and its field `regressions`
  3  inconclusive  a cell may have changed: noise, lack of time or a missing number prevented a decision

The other commands exit with 0, or with 2 if they fail; `detect --fail-on` can also exit with 1. A cell is one benchmark
with one combination of its parameters. The settings are in asv_verdict.toml, in the folder of asv.conf.json."""


#: What the option --minutes of a night and of a comparison limits.
LIMIT = "time limit, not counting the first builds (default: the settings session_minutes + confirming_minutes)"

# --- The options of several commands ---


def add_project(parser: ArgumentParser) -> None:
    """The project."""
    parser.add_argument(
        "--config", type=Path, default=Path("asv.conf.json"), help="ASV's configuration (default: asv.conf.json)"
    )


def add_machine(parser: ArgumentParser) -> None:
    """The machine."""
    parser.add_argument(
        "--machine", default=platform.node(), help="name of the machine in ASV's results (default: the host name)"
    )


def add_ignored_machine(parser: ArgumentParser) -> None:
    """The machine, which version 0.1 accepted here without an effect."""
    parser.add_argument("--machine", help=argparse.SUPPRESS)


def add_branch(parser: ArgumentParser) -> None:
    """The results branch and its remote."""
    parser.add_argument("--branch", help="the branch for the results (default: the setting results_branch)")
    parser.add_argument("--remote", help="the remote of that branch; '' for none (default: the setting results_remote)")


# --- The options of one command ---


def add_nightly(parser: ArgumentParser) -> None:
    """Which cells a night measures, and for how long."""
    parser.add_argument(
        "--bench", metavar="REGEX", help="measure these cells only; the next night without it measures the commit again"
    )
    parser.add_argument("--minutes", type=minutes, help=LIMIT)
    parser.add_argument("--dry-run", action="store_true", help="print what would be measured, and measure nothing")


def add_comparison(parser: ArgumentParser) -> None:
    """The two commits, the cells, and the time limit."""
    parser.add_argument("base", metavar="BASE", help="the old commit, branch or tag")
    parser.add_argument("head", metavar="HEAD", help="the new commit, branch or tag")
    parser.add_argument(
        "--bench", metavar="REGEX", help="the cells to measure (default: those that the changed files can affect)"
    )
    parser.add_argument("--minutes", type=minutes, help=LIMIT)


def add_calibration(parser: ArgumentParser) -> None:
    """The cells, the number of pairs, and the time limit."""
    parser.add_argument("--bench", metavar="REGEX", help="the cells to measure (default: those of a night)")
    parser.add_argument(
        "--pairs",
        type=whole_number,
        default=LEAST_PAIRS,
        metavar="N",
        help="pairs to measure (default: %(default)s); 0 only prints the tables of the pairs on file",
    )
    parser.add_argument(
        "--minutes", type=minutes, help="time limit for the command (default: the setting session_minutes)"
    )


def add_status(parser: ArgumentParser) -> None:
    """The machine; without the option, every machine."""
    parser.add_argument("--machine", metavar="NAME", help="this machine only (default: every machine)")


def add_last(parser: ArgumentParser) -> None:
    """The part of the report."""
    parser.add_argument("--field", metavar="NAME", help="print only this field of report.json")


def add_issues(parser: ArgumentParser) -> None:
    """How the night ended, or whether only the age of the nights matters."""
    parser.add_argument(
        "--status", type=exit_status, help="exit status of `asv-verdict nightly`; empty if it did not finish"
    )
    parser.add_argument(
        "--watch", action="store_true", help="open or update an issue if nights have stopped, and do nothing else"
    )


def add_pictures(parser: ArgumentParser) -> None:
    """The folder of the files."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="the folder to write to")


# --- The values of options ---


def exit_status(text: str) -> int | None:
    """The exit status of a command; None for an empty text. Raises ArgumentTypeError for any other."""
    if len(text) > 3 or (text and not text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text[:20]!r}: expected the exit status of a command, or an empty text")
    return int(text) if text else None


def minutes(text: str) -> float:
    """A number of minutes above 0. Raises ArgumentTypeError."""
    try:
        if 0 < (number := float(text)) < math.inf:
            return number
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r}: expected a finite number of minutes above 0")


def within(project: Project, limit: float | None) -> Project:
    """The project with the time limits of its session and its confirmation scaled to `limit` minutes together."""
    if limit is None:
        return project
    settings = project.settings
    factor = limit / ((settings.session_minutes + settings.confirming_minutes) or math.inf)
    changes = {name: getattr(settings, name) * factor for name in ("session_minutes", "confirming_minutes")}
    return replace(project, settings=structs.replace(settings, **changes))


def branch_of(project: Project, branch: str | None, remote: str | None) -> tuple[str, str]:
    """The results branch and its remote, by these options or by the settings. Raises BadSetting if neither names it."""
    name = project.settings.results_branch if branch is None else branch
    if not name:
        raise BadSetting("no results branch: set it with --branch or with results_branch in asv_verdict.toml")
    return name, project.settings.results_remote if remote is None else remote
