"""The code of a synthetic project that ASV builds and measures: its functions are busy loops of a set length."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

SPIN = """
def spin(count):
    total = 0
    for index in range(count):
        total += index * index
    return total
"""
HEAD_OF_SUITE = """
import kernels


class Time:
    params = [20_000]
    version = "1"
    rounds, repeat, number, warmup_time = 2, 12, 1, 0.0
"""
#: Installation copies one file: a build in isolation would take most of a night.
INSTALL = (
    "in-dir={build_dir} python -c "
    "\"import shutil, sysconfig; shutil.copy('kernels.py', sysconfig.get_path('purelib'))\""
)
CONFIGURATION = {
    "version": 1,
    "project": "kernels",
    "repo": ".",
    "branches": ["main"],
    "environment_type": "virtualenv",
    "pythons": [f"{sys.version_info.major}.{sys.version_info.minor}"],
    "results_dir": ".asv/results",
    "html_dir": ".asv/html",
    "env_dir": ".asv/env",
    "build_command": [],
    "install_command": [INSTALL],
    "uninstall_command": [],
}
#: A planted change is a factor of four. A few rounds distinguish it from 20 %, even on a busy machine.
SETTINGS = "relative_effect = 0.2\n"
#: The files of a project besides its code.
COMMON = {
    "asv.conf.json": json.dumps(CONFIGURATION, indent=1),
    "asv_verdict.toml": SETTINGS,
    ".gitignore": ".asv/\n__pycache__/\n",
}


@dataclass(frozen=True)
class Code:
    """The code of a commit: the length of each function, and the function that each benchmark calls.

    A benchmark in `broken` raises an error; one in `accepted_losses` may be missing.
    """

    lengths: Mapping[str, float]
    benchmarks: Mapping[str, str]
    broken: frozenset[str] = frozenset()
    accepted_losses: frozenset[str] = frozenset()

    def files(self) -> dict[str, str]:
        """The files of the commit."""
        functions = [
            f"\ndef {name}(n):\n    return spin(round({factor} * n))\n" for name, factor in self.lengths.items()
        ]
        methods = [
            f"\n    def {name}(self, n):\n        {self._body(name, function)}\n"
            for name, function in self.benchmarks.items()
        ]
        losses = [
            f'[[accepted]]\ncell = "{re.escape(cell(name))}"\ncommit = ""\nreason = "it left the suite"\n'.replace(
                "\\", "\\\\"
            )
            for name in sorted(self.accepted_losses)
        ]
        return {
            "asv_verdict_accepted.toml": "".join(losses),
            "kernels.py": SPIN + "\n".join(functions),
            "benchmarks/__init__.py": "",
            "benchmarks/times.py": HEAD_OF_SUITE + "".join(methods),
        }

    def _body(self, name: str, function: str) -> str:
        return "raise RuntimeError('broken')" if name in self.broken else f"kernels.{function}(n)"


def cell(benchmark: str) -> str:
    """The name of the only cell of a benchmark."""
    return f"times.Time.{benchmark}(20000)"
