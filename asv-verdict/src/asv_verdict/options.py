"""Options that commands share, and the texts of the command line's help."""

from __future__ import annotations

import argparse
import math
import platform
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from asv_verdict.project import BadSetting, Project

EXIT_STATUSES = """exit status of nightly and compare:
  0  pass          every expected cell was measured, and no regression was found
  1  regression    a change was confirmed that is neither an improvement nor accepted
  2  broken        an expected cell has no number, the input is wrong, or another run holds the lock; the report still
                   counts the regressions of the other cells, in its first line and its field `regressions`
  3  inconclusive  a cell may have changed: noise, lack of time or a missing number prevented a decision

The other commands exit with 0, or with 2 if they fail; `detect --fail-on` can also exit with 1. A cell is one benchmark
with one combination of its parameters. The settings are in asv_verdict.toml, in the folder of asv.conf.json."""


def project_options() -> argparse.ArgumentParser:
    """The project."""
    project = argparse.ArgumentParser(add_help=False)
    project.add_argument(
        "--config", type=Path, default=Path("asv.conf.json"), help="ASV's configuration (default: asv.conf.json)"
    )
    return project


def machine_options() -> argparse.ArgumentParser:
    """The machine."""
    machine = argparse.ArgumentParser(add_help=False)
    machine.add_argument(
        "--machine", default=platform.node(), help="name of the machine in ASV's results (default: the host name)"
    )
    return machine


def branch_options() -> argparse.ArgumentParser:
    """The results branch and its remote."""
    branch = argparse.ArgumentParser(add_help=False)
    branch.add_argument("--branch", help="the branch for the results (default: the setting results_branch)")
    branch.add_argument("--remote", help="the remote of that branch; '' for none (default: the setting results_remote)")
    return branch


def exit_status(text: str) -> int | None:
    """The exit status of a command; None for an empty text. Raises ArgumentTypeError for any other."""
    if text and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: expected the exit status of a command, or an empty text")
    return int(text) if text else None


def count(text: str) -> int:
    """A whole number, 0 or more. Raises ArgumentTypeError."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number, 0 or more")
    return int(text)


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
    factor = limit / ((settings.sitting_minutes + settings.confirming_minutes) or math.inf)
    changes = {name: getattr(settings, name) * factor for name in ("sitting_minutes", "confirming_minutes")}
    return replace(project, settings=structs.replace(settings, **changes))


def branch_of(project: Project, branch: str | None, remote: str | None) -> tuple[str, str]:
    """The results branch and its remote, by these options or by the settings. Raises BadSetting if neither names it."""
    name = project.settings.results_branch if branch is None else branch
    if not name:
        raise BadSetting("no results branch: set it with --branch or with results_branch in asv_verdict.toml")
    return name, project.settings.results_remote if remote is None else remote
