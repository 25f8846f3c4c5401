"""Measure the commits of an ASV repository and report which benchmarks became slower or faster.

A change is reported after a second measurement has confirmed it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from asv_verdict import __version__, detect
from asv_verdict.asv_io.results import Unreadable
from asv_verdict.compare import compare
from asv_verdict.decide.plan import plan
from asv_verdict.measure.calibrate import calibrate
from asv_verdict.measure.commands import selection_of
from asv_verdict.model import Verdict
from asv_verdict.nightly import nightly
from asv_verdict.options import (
    EXIT_STATUSES,
    add_branch,
    add_calibration,
    add_comparison,
    add_ignored_machine,
    add_issues,
    add_last,
    add_machine,
    add_nightly,
    add_pictures,
    add_project,
    add_status,
    branch_of,
    within,
)
from asv_verdict.project import BadSetting, Project, read_project
from asv_verdict.records import init
from asv_verdict.records.results_branch import fetch, store
from asv_verdict.report.agreement import tables_on_file
from asv_verdict.report.github_issues import publish_issues, watch
from asv_verdict.report.last import field_of, last_night, markdown_of
from asv_verdict.report.report import Report
from asv_verdict.report.status import status
from asv_verdict.site import assets
from asv_verdict.site.pictures import cost_pictures
from asv_verdict.system.lock import Busy
from asv_verdict.system.machine import BadName, UnsupportedPlatform, check_platform, machine_name
from asv_verdict.system.streams import SIGNALLED, discard_output, exit_on_signals, open_streams
from asv_verdict.system.text import Speaker, visible
from asv_verdict.vcs.git import HOOK_VARIABLES, GitFailed
from asv_verdict.vcs.repository import head_of

#: Errors whose message says what is wrong.
EXPECTED = (Unreadable, BadSetting, BadName, UnsupportedPlatform, GitFailed, Busy, assets.AssetsMissing, OSError)
_speaker = Speaker()


def command_line() -> None:
    """Run the command in `sys.argv` and exit with its status."""
    open_streams()
    exit_on_signals()
    try:
        status = main()
        sys.stdout.flush()
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > SIGNALLED:
            _speaker(f"ended by {signal.Signals(end.code - SIGNALLED).name}")
        raise
    except OSError as error:  # nobody has seen the verdict
        discard_output()
        status = Verdict.BROKEN.value
        if not isinstance(error, BrokenPipeError):
            _speaker(f"{Verdict.BROKEN.word}: the output cannot be written: {error}")
    finally:
        _speaker.end()
    sys.exit(status)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns its exit status: 0 pass, 1 regression, 2 broken, 3 inconclusive."""
    options = _parser().parse_args(arguments)
    for name in HOOK_VARIABLES:  # ASV calls git as well
        os.environ.pop(name, None)
    try:
        if getattr(options, "machine", None) is not None and options.run is not detect.run:
            machine_name(options.machine)
        if options.run in (_nightly, _compare, _calibrate):
            check_platform()
        return int(options.run(options))
    except BrokenPipeError:
        raise
    except EXPECTED as error:
        _speaker.end()
        print(visible(f"{Verdict.BROKEN.word}: {error}"))
    except Exception:  # Python would exit with 1, which means regression
        traceback.print_exc()
        print(f"{Verdict.BROKEN.word}: asv_verdict failed with the error above; please report it")
    return Verdict.BROKEN.value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asv-verdict",
        description=__doc__,
        epilog=EXIT_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"asv-verdict {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for each in _commands():
        words = str(each.run.__doc__)
        command = commands.add_parser(each.name, help=words[0].lower() + words[1:].rstrip("."), description=words)
        command.set_defaults(run=each.run)
        for add in each.options:
            add(command)
    return parser


class _Command(NamedTuple):
    """A command: what it runs, whose docstring is its help, and the functions that add its options."""

    name: str
    run: Callable[[argparse.Namespace], int]
    options: Sequence[Callable[[argparse.ArgumentParser], None]]


def _commands() -> Sequence[_Command]:
    project, machine, branch = add_project, add_machine, add_branch
    return [
        _Command("init", init.run, [init.add_options]),
        _Command("nightly", _nightly, [project, machine, add_nightly]),
        _Command("compare", _compare, [project, machine, add_comparison]),
        _Command("calibrate", _calibrate, [project, machine, add_calibration]),
        _Command("status", _status, [project, add_status]),
        _Command("last", _last, [project, machine, add_last]),
        _Command("store", _store, [project, branch, add_ignored_machine]),
        _Command("fetch", _fetch, [project, branch, add_ignored_machine]),
        _Command("issues", _issues, [project, machine, add_issues]),
        _Command("assets", _assets, [project, add_ignored_machine]),
        _Command("pictures", _pictures, [project, add_ignored_machine, add_pictures]),
        _Command("detect", detect.run, [detect.add_options]),
    ]


def _project(options: argparse.Namespace) -> Project:
    return read_project(options.config)


def _assets(options: argparse.Namespace) -> int:
    """Install the JavaScript of the dashboard with npm."""
    print(f"installed the scripts of the dashboard in {assets.install(_project(options))}")
    return 0


def _pictures(options: argparse.Namespace) -> int:
    """Write the plots of the dashboard's cost page as SVG files."""
    print("\n".join(cost_pictures(_project(options), options.folder)))
    return 0


def _say(sentence: str) -> None:
    _speaker(sentence)


def _tell(report: Report) -> None:
    _speaker.end()
    print(report.as_markdown(), flush=True)


def _nightly(options: argparse.Namespace) -> int:
    """Measure the newest commit, confirm changes, and report their causes."""
    project = within(_project(options), options.minutes)
    if options.dry_run:
        print(visible("\n".join(plan(project, options.machine, options.bench))))
        return 0
    report = nightly(project, options.machine, bench=options.bench, say=_say, tell=_tell)
    return report.outcome.verdict.value


def _compare(options: argparse.Namespace) -> int:
    """Compare two commits, for example of a pull request; store no results."""
    project = within(_project(options), options.minutes)
    report, text = compare(project, options.machine, options.base, options.head, selection=options.bench, say=_say)
    _speaker.end()
    print(text)
    return report.outcome.verdict.value


def _calibrate(options: argparse.Namespace) -> int:
    """Measure the newest commit in pairs of interleaved runs, to learn how much identical runs differ."""
    project = _project(options)
    failed: list[str] = []
    if options.pairs > 0:
        selection = selection_of(project) if options.bench is None else options.bench
        minutes = project.settings.session_minutes if options.minutes is None else options.minutes
        failed = calibrate(
            project, options.machine, head_of(project), selection, pairs=options.pairs, minutes=minutes, say=_say
        )
    print(visible("\n".join(tables_on_file(project.root / project.settings.noise / options.machine))))
    if failed:
        print("\n".join(["", f"{Verdict.BROKEN.word}: not measured:", *map(visible, failed)]))
    return Verdict.BROKEN.value if failed else 0


def _status(options: argparse.Namespace) -> int:
    """Show the age of results, open regressions, unmeasured commits and noise floors."""
    print(visible("\n".join(status(_project(options), options.machine))))
    return 0


def _last(options: argparse.Namespace) -> int:
    """Print the report of the last night."""
    night = last_night(_project(options), options.machine)
    if night is None:
        raise Unreadable(f"there is no report for the machine {options.machine} yet; run `asv-verdict nightly` first")
    print(visible(field_of(night, options.field) if options.field else markdown_of(night)))
    return 0


def _store(options: argparse.Namespace) -> int:
    """Add results, reports and noise floors to the results branch, and push it."""
    project = _project(options)
    store(project, *branch_of(project, options.branch, options.remote), say=_say)
    return 0


def _fetch(options: argparse.Namespace) -> int:
    """Copy results, reports and noise floors from the results branch."""
    project = _project(options)
    fetch(project, *branch_of(project, options.branch, options.remote), say=_say)
    return 0


def _issues(options: argparse.Namespace) -> int:
    """Open or update GitHub issues for the last night."""
    night, head, now = last_night(_project(options), options.machine), head_of(_project(options)), datetime.now(UTC)
    if options.watch:
        watch(night, machine=options.machine, head=head, now=now, say=_say)
        return 0
    publish_issues(night, machine=options.machine, status=options.status, head=head, now=now, say=_say)
    return 0


if __name__ == "__main__":
    command_line()
