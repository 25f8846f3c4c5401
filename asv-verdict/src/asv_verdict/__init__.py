"""Measure the commits of an ASV repository, decide which changes are real, and publish the verdict.

The public names are those of `__all__`; everything else may change in any version. A name is imported at its first use:
ASV imports the plugins in every command, and some environments have little more than ASV.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:  # the names of _PUBLIC
    from asv_verdict.asv_io.benchmarks import Benchmark as Benchmark
    from asv_verdict.asv_io.pairs import append_pairs as append_pairs
    from asv_verdict.asv_io.pairs import read_pairs as read_pairs
    from asv_verdict.asv_io.provenance import last_entry as last_entry
    from asv_verdict.asv_io.results import Result as Result
    from asv_verdict.asv_io.results import read_history as read_history
    from asv_verdict.asv_io.results import read_result as read_result
    from asv_verdict.asv_io.series import series_of as series_of
    from asv_verdict.decide.confirmation import confirm as confirm
    from asv_verdict.decide.judging import Judgement as Judgement
    from asv_verdict.decide.screening import Candidate as Candidate
    from asv_verdict.decide.screening import Thresholds as Thresholds
    from asv_verdict.decide.screening import screen as screen
    from asv_verdict.measure.calibrate import calibrate as calibrate
    from asv_verdict.measure.calibrate import measure_pairs as measure_pairs
    from asv_verdict.measure.commit_runner import CommitRunner as CommitRunner
    from asv_verdict.measure.installed import Installed as Installed
    from asv_verdict.measure.pair_record import Conditions as Conditions
    from asv_verdict.measure.provenance import Provenance as Provenance
    from asv_verdict.measure.session import Session as Session
    from asv_verdict.measure.session import Visit as Visit
    from asv_verdict.model import State as State
    from asv_verdict.plugin import Site as Site
    from asv_verdict.project import BadSetting as BadSetting
    from asv_verdict.project import Project as Project
    from asv_verdict.project import Settings as Settings
    from asv_verdict.project import read_project as read_project
    from asv_verdict.report import agreement as agreement
    from asv_verdict.stats import change_points as change_points
    from asv_verdict.stats.noise import Noise as Noise
    from asv_verdict.stats.ratio import LEAST_ADJACENT as LEAST_ADJACENT
    from asv_verdict.stats.ratio import adjacent_change as adjacent_change
    from asv_verdict.system.environment import own_python_first as own_python_first
    from asv_verdict.system.environment_facts import facts as facts
    from asv_verdict.system.lock import Busy as Busy
    from asv_verdict.system.machine import processor as processor

#: The public names by module; `agreement` and `change_points` are modules themselves.
_PUBLIC = {
    # An ASV repository, its results and their history.
    "project": ("BadSetting", "Project", "Settings", "read_project"),
    "asv_io.benchmarks": ("Benchmark",),
    "asv_io.results": ("Result", "read_history", "read_result"),
    "asv_io.provenance": ("last_entry",),
    "asv_io.series": ("series_of",),
    "stats.change_points": ("change_points",),
    # Measuring, and how much identical runs differ.
    "measure.commit_runner": ("CommitRunner",),
    "measure.session": ("Session", "Visit"),
    "measure.calibrate": ("calibrate", "measure_pairs"),
    "measure.pair_record": ("Conditions",),
    "asv_io.pairs": ("append_pairs", "read_pairs"),
    "report.agreement": ("agreement",),
    # Deciding.
    "decide.screening": ("Candidate", "Thresholds", "screen"),
    "decide.confirmation": ("confirm",),
    "decide.judging": ("Judgement",),
    "model": ("State",),
    "stats.noise": ("Noise",),
    "stats.ratio": ("LEAST_ADJACENT", "adjacent_change"),
    # The plugins of ASV.
    "measure.installed": ("Installed",),
    "measure.provenance": ("Provenance",),
    "plugin": ("Site",),
    # This machine.
    "system.environment": ("own_python_first",),
    "system.environment_facts": ("facts",),
    "system.lock": ("Busy",),
    "system.machine": ("processor",),
}
_HOMES = {name: home for home, names in _PUBLIC.items() for name in names}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_HOMES[name]}")
    found = globals()[name] = getattr(module, name, module)
    return found
