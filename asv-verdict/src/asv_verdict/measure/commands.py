"""Run a command from the settings, whose output is the value of a setting."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

from asv_verdict.measure.processes import run_until
from asv_verdict.project import BadSetting, Project

#: Time limit for a command from the settings.
SECONDS = 600.0


def output_of(project: Project, setting: str, command: str, variables: Mapping[str, str] | None = None) -> str:
    """The output of the command in `setting`, run with these environment variables.

    Raises BadSetting if it fails or takes more than SECONDS.
    """
    try:
        # `python` in a command is the Python that runs this, even if its environment is not activated.
        done = run_until(["/bin/sh", "-c", command], project.root, SECONDS, variables)
    except subprocess.TimeoutExpired:
        raise BadSetting(f"{setting} = {command!r}: the command took more than {SECONDS:g} seconds") from None
    if done.returncode:
        raise BadSetting(
            f"{setting} = {command!r}: the command exited with status {done.returncode}: {done.stderr.strip()[-300:]}"
        )
    return done.stdout.strip()


def selection_of(project: Project) -> str:
    """The regular expression for the cells that a night measures.

    Raises BadSetting if its command fails, or prints no regular expression.
    """
    command = project.settings.selection_command
    return expression(output_of(project, "selection_command", command) if command else project.settings.selection)


def expression(selection: str) -> str:
    """A selection of cells, if it is a regular expression. Raises BadSetting if it is not."""
    try:
        re.compile(selection)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadSetting(f"{selection!r}: expected a regular expression for cells: {error}") from error
    return selection


def nothing_matches(selection: str) -> str:
    """The message for a selection that matches no cell."""
    return f"all cells: no cell of the suite matches {selection!r}"
