"""Commands of the settings: what the measured project knows and this package must not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from asv_verdict.settings import BadSetting, Project


def output_of(project: Project, setting: str, command: str, variables: Mapping[str, str] | None = None) -> str:
    """What the command of a setting prints, with these environment variables. Raises BadSetting where it fails."""
    # `python` is the one that runs this, also where its environment is not activated.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    done = subprocess.run(
        command,
        shell=True,
        cwd=project.root,
        env={**os.environ, **(variables or {}), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BadSetting(f"{setting} ended with status {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()
