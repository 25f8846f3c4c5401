"""What changed in this ASV repository, and can that be believed? `python -m asv_verdict COMMAND` answers."""

from __future__ import annotations

import argparse
import json
import platform
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asv_verdict.branch import fetch, store
from asv_verdict.comparison import compare
from asv_verdict.history import change_points, series_of
from asv_verdict.issues import newest_head, publish_issues, watch
from asv_verdict.lock import Busy
from asv_verdict.nightly import nightly
from asv_verdict.outcome import Verdict
from asv_verdict.reports import Night, past_nights
from asv_verdict.repository import GitFailed
from asv_verdict.results import Unreadable, read_history
from asv_verdict.settings import BadSetting, Project, read_project
from asv_verdict.site import assets
from asv_verdict.site.configuration import read_cost_page
from asv_verdict.site.cost import cost_of
from asv_verdict.site.pictures import draw
from asv_verdict.status import status


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 pass, 1 regression, 2 broken, 3 inconclusive."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (Unreadable, BadSetting, GitFailed, Busy, assets.AssetsMissing, OSError) as error:
        print(f"{Verdict.BROKEN.word}: {error}")
    except Exception:  # a crash of ours would end with 1, which says regression
        traceback.print_exc()
        print(f"{Verdict.BROKEN.word}: asv_verdict itself has failed")
    return Verdict.BROKEN.value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m asv_verdict", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    project = argparse.ArgumentParser(add_help=False)
    project.add_argument("--config", type=Path, default=Path("asv.conf.json"), help="ASV's configuration")
    project.add_argument("--machine", default=platform.node(), help="the machine's name in ASV's results")
    branch = argparse.ArgumentParser(add_help=False)
    branch.add_argument("--branch", help="the branch that holds results and nothing else; default: the setting")
    branch.add_argument("--remote", help="where it is pushed to; default: the setting, or nowhere")

    def add(name: str, run: Callable[[argparse.Namespace], int], words: str, *parents: argparse.ArgumentParser) -> Any:
        command = commands.add_parser(name, help=words, parents=[*parents])
        command.set_defaults(run=run)
        return command

    add("nightly", _nightly, "measure what is new, judge, confirm, blame, report", project)
    comparison = add("compare", _compare, "two commits, for a pull request", project)
    comparison.add_argument("base")
    comparison.add_argument("head")
    comparison.add_argument(
        "--bench", metavar="REGEX", help="which cells; default: those that the changed files can move"
    )
    add("status", _status, "how old, how noisy, what is open", project)
    last = add("last", _last, "the report of the last night", project)
    last.add_argument("--field", help="one field of its JSON instead of its Markdown")
    add("store", _store, "commit results, reports and floors to a branch, and push it", project, branch)
    add("fetch", _fetch, "bring what is on that branch to this folder", project, branch)
    issues = add("issues", _issues, "open or update issues on GitHub for the last night", project)
    issues.add_argument("--status", default="", help="what tonight's run ended with; nothing where it had no end")
    issues.add_argument("--watch", action="store_true", help="only whether the nights have stopped")
    add("assets", _assets, "install what the published pages load, by npm", project)
    pictures = add("pictures", _pictures, "the plots of the cost page as files", project)
    pictures.add_argument("folder", type=Path)
    steps = add("detect", _detect, "change points in a folder of ASV results, of any project")
    steps.add_argument("results", type=Path)
    steps.add_argument("--json", action="store_true", help="one JSON list for programs")
    return parser


def _project(options: argparse.Namespace) -> Project:
    return read_project(options.config)


def _assets(options: argparse.Namespace) -> int:
    print(f"the scripts of the pages are in {assets.install(_project(options))}")
    return 0


def _pictures(options: argparse.Namespace) -> int:
    project = _project(options)
    page = read_cost_page(project)
    if page is None:
        raise BadSetting("there is no table [cost] in the settings, which says what to draw")
    problems: list[str] = []
    content = cost_of(project, page, read_history(project.results), problems)
    print("\n".join([*problems, *map(str, draw(content, options.folder))]))
    return 0


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _nightly(options: argparse.Namespace) -> int:
    report = nightly(_project(options), options.machine, say=_say)
    print(report.as_markdown())
    return report.outcome.verdict.value


def _compare(options: argparse.Namespace) -> int:
    report, text = compare(
        _project(options), options.machine, options.base, options.head, selection=options.bench, say=_say
    )
    print(text)
    return report.outcome.verdict.value


def _status(options: argparse.Namespace) -> int:
    print("\n".join(status(_project(options))))
    return 0


def _last(options: argparse.Namespace) -> int:
    night = _last_night(options)
    if night is None:
        raise Unreadable("there is no report of a night yet")
    print(night.content[options.field] if options.field else night.markdown)
    return 0


def _last_night(options: argparse.Namespace) -> Night | None:
    nights = past_nights(_project(options).folder, options.machine, [])
    return nights[-1] if nights else None


def _store(options: argparse.Namespace) -> int:
    store(_project(options), *_branch(options), say=_say)
    return 0


def _fetch(options: argparse.Namespace) -> int:
    fetch(_project(options), *_branch(options), say=_say)
    return 0


def _branch(options: argparse.Namespace) -> tuple[str, str]:
    """The results branch and its remote."""
    settings = _project(options).settings
    branch = settings.results_branch if options.branch is None else options.branch
    if not branch:
        raise BadSetting(
            "no branch for the results is named, neither by --branch nor by results_branch in the settings"
        )
    return branch, settings.results_remote if options.remote is None else options.remote


def _issues(options: argparse.Namespace) -> int:
    night, head, now = _last_night(options), newest_head(_project(options)), datetime.now(UTC)
    if options.watch:
        watch(night, machine=options.machine, head=head, now=now, say=_say)
        return 0
    status = int(options.status) if options.status.isdigit() else None
    publish_issues(night, machine=options.machine, status=status, head=head, now=now, say=_say)
    return 0


def _detect(options: argparse.Namespace) -> int:
    history = read_history(options.results)
    every = series_of(history)
    found = [change_point for series in every for change_point in change_points(series)]
    if options.json:
        print(json.dumps(found, indent=1))
        return 0
    for series in every:
        print(f"{series.machine}, {series.environment}: {len(series.commits)} commits, {len(series.cells)} cells")
        for one in found:
            if (one["machine"], one["environment"]) == (series.machine, series.environment):
                what = one["cell"] or "everything together: the machine"
                print(f"  {one['commit'][:8]} {one['ratio'] - 1:+7.1%}  {what} (before: {one['before'][:8]})")
    for sentence in (*history.problems, *history.notes):
        print(sentence)
    print(f"{sum(one['cell'] is not None for one in found)} change points")
    return 0


if __name__ == "__main__":
    # Ended politely, it ends what it has started before it goes.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main())
