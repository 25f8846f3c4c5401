"""An ASV plugin for environments of type `installed`: they use the Python that runs ASV and its packages.

Its entry in ASV's configuration is `"plugins": [".asv_verdict.measure.installed"]`. Use it on a machine whose Python
already has what the benchmarks need, such as a library for its GPU; it needs no package index. ASV's own `existing`
environments ignore the matrix, so CPU and GPU would share one line of a plot. They also measure only the installed
version of the project. `installed` environments honour the matrix, and put each commit's files first on the path. The
package versions are those of this Python, not those that the commit pins. The provenance of each result lists them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from asv import util
from asv.environment import Environment, EnvironmentUnavailable


class Installed(Environment):  # type: ignore[misc]
    """The Python that runs ASV, without an installation of the project."""

    tool_name = "installed"
    matches_python_fallback = False

    def __init__(self, conf: Any, python: str, requirements: dict[str, str], tagged_env_vars: Any) -> None:
        if python != f"{sys.version_info.major}.{sys.version_info.minor}":
            raise EnvironmentUnavailable(
                f"Python {python} is not the one that runs ASV: `installed` environments support only Python "
                f"{sys.version_info.major}.{sys.version_info.minor}"
            )
        self._python, self._requirements = python, requirements  # the name of the environment depends on them
        super().__init__(conf, python, requirements, tagged_env_vars)
        # Nothing is installed: the benchmarks use the packages that this Python already has.
        self._base_requirements: dict[str, str] = {}

    def check_presence(self) -> bool:
        """Always true: this Python exists."""
        return True

    def create(self) -> None:
        """Create the folder for the files of the project."""
        os.makedirs(self._path, exist_ok=True)

    def install_project(self, conf: Any, repo: Any, commit_hash: str) -> None:
        """Check out the files of a commit into the folder that `run` puts on the path."""
        self.checkout_project(repo, commit_hash)

    def run(self, args: list[str], **options: Any) -> subprocess.Popen[bytes] | Any:
        """Run this Python with the project first on its path."""
        environment = {**options.pop("env", os.environ), **self._global_env_vars}
        given = environment.get("ASV_PYTHONPATH", environment.get("PYTHONPATH", ""))
        path = os.pathsep.join(filter(None, (self._build_root, given)))
        # ASV's benchmark script drops PYTHONPATH unless ASV_PYTHONPATH is set.
        environment |= {"PYTHONPATH": path, "ASV_PYTHONPATH": path}
        return util.check_output([sys.executable, *args], env=environment, **options)
