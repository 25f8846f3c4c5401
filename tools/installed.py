"""An ASV plugin: environments of type `installed`, which are the Python that runs ASV with whatever it has.

For a machine whose Python already holds JAX for its GPU, and which may reach no package index. ASV's own `existing`
environments are that too, but ignore the matrix, so that CPU and GPU would be one line, and know no commits. Here the
matrix counts, and of the project each commit's own files are first on the path. Versions are not those of the commit's
pins; what was measured with is in each result's provenance.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from asv import util
from asv.environment import Environment, EnvironmentUnavailable


class Installed(Environment):  # type: ignore[misc]
    """The Python that runs ASV; the project is not installed into it."""

    tool_name = "installed"
    matches_python_fallback = False

    def __init__(self, conf: Any, python: str, requirements: dict[str, str], tagged_env_vars: Any) -> None:
        if python != f"{sys.version_info.major}.{sys.version_info.minor}":
            raise EnvironmentUnavailable(f"Python {python} is not the one that runs ASV, which alone is installed here")
        self._python, self._requirements = python, requirements  # which the name needs before it is made
        super().__init__(conf, python, requirements, tagged_env_vars)
        # What a commit needs to be measured is there or is not; nothing is installed.
        self._base_requirements: dict[str, str] = {}

    def check_presence(self) -> bool:
        """It has been there before ASV."""
        return True

    def create(self) -> None:
        """Make the folder for the project's files."""
        os.makedirs(self._path, exist_ok=True)

    def install_project(self, conf: Any, repo: Any, commit_hash: str) -> None:
        """Put the files of a commit where `run` puts the path."""
        self.checkout_project(repo, commit_hash)

    def run(self, args: list[str], **options: Any) -> subprocess.Popen[bytes] | Any:
        """Run this Python with the project first on its path."""
        environment = {**options.pop("env", os.environ), **self._global_env_vars}
        given = environment.get("ASV_PYTHONPATH", environment.get("PYTHONPATH", ""))
        path = os.pathsep.join(filter(None, (self._build_root, given)))
        # The script of ASV that runs a benchmark takes the one off the path unless there is the other.
        environment |= {"PYTHONPATH": path, "ASV_PYTHONPATH": path}
        return util.check_output([sys.executable, *args], env=environment, **options)
