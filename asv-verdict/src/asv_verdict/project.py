"""The settings in `asv_verdict.toml`, in the folder of asv.conf.json. Every setting has a default."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from asv.util import UserError, load_json

from asv_verdict.asv_io.benchmarks import Benchmark, direction_of
from asv_verdict.asv_io.decoding import benchmark_of, kind_of
from asv_verdict.model import Change, Direction, State
from asv_verdict.system.toml_file import BadSetting as BadSetting
from asv_verdict.system.toml_file import check_expression, converted, is_there, read_toml

NAME = "asv_verdict.toml"

#: The kinds of ASV's benchmarks.
KINDS = ("time", "timeraw", "mem", "peakmem", "track")
#: The names that settings had in version 0.1.
OLD_NAMES = {"sitting_minutes": "session_minutes"}


class _Configuration(msgspec.Struct, frozen=True):
    """The keys of ASV's configuration that are read here."""

    repo: str = ""
    dvcs: str = "git"
    benchmark_dir: str = ""
    results_dir: str = ""
    html_dir: str = ""
    env_dir: str = ""
    project: str = ""
    branches: tuple[str, ...] = ("main",)
    pythons: tuple[Any, ...] = ()
    plugins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a missing repository or branch, another version control, or a folder that is no path."""
        if not self.repo:
            raise ValueError('repo is missing: expected the path of a git clone, such as "repo": "."')
        if not self.branches:
            raise ValueError("branches = []: expected the name of at least one branch")
        if self.dvcs != "git":
            raise ValueError(f"dvcs = {self.dvcs!r}: asv-verdict measures git repositories only")
        for name in ("benchmark_dir", "results_dir", "html_dir", "env_dir"):
            if "\0" in (path := getattr(self, name)):
                raise ValueError(f"{name} = {path!r}: expected the path of a folder")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`selection`, `exact`, `lower_is_better` and `higher_is_better` are regular expressions for the names of cells."""

    #: The cells that a night measures: a regular expression as for `asv run --bench`, or a command that prints one.
    selection: str = ""
    selection_command: str = ""
    #: Deterministic metrics: while the packages stay the same, every difference is a change.
    exact: str = ""
    #: The cells for which a smaller number is better, and those for which a larger one is. They override the unit and
    #: the kind of a benchmark. If only `higher_is_better` is set, a smaller number is better for all other cells.
    lower_is_better: str = ""
    higher_is_better: str = ""
    #: The reference, a commit against which drift is measured. The default is the last tag before previous; without a
    #: tag it is the newest commit that is at least `reference_days` older than head.
    reference: str = ""
    reference_days: float = 30.0
    #: Time limits in minutes: for the session of all commits, and for confirmation and attribution together.
    session_minutes: float = 90.0
    confirming_minutes: float = 45.0
    #: The smallest effect of interest: as a fraction, and in the unit of the benchmark by kind (`time = 1e-7`).
    relative_effect: float = 0.02
    absolute_effects: dict[str, float] = {}
    #: For `compare`: the cells that a changed file can affect, as {"path/*.py": "expression"}; "" means no cell. A file
    #: that matches no pattern can affect every cell.
    paths: dict[str, str] = {}
    #: The largest expected share of false changes among the confirmed ones.
    false_discovery_rate: float = 0.1
    #: The folder of the noise floors, and that of sessions, environments and reports.
    noise: str = ".asv/noise"
    folder: str = ".asv/verdict"
    #: The branch to which a night commits its results, and the remote to which it pushes that branch; empty for none.
    results_branch: str = ""
    results_remote: str = ""
    #: The file of accepted changes.
    accepted: str = "asv_verdict_accepted.toml"
    #: The content of the cost page (site/configuration.py); by default there is no cost page.
    cost: dict[str, Any] = {}

    def __post_init__(self) -> None:
        """Raise ValueError for a wrong value."""
        for name in ("exact", "lower_is_better", "higher_is_better", "selection"):
            check_expression(name, getattr(self, name))
        for file, expression in self.paths.items():
            check_expression(f"paths[{file!r}]", expression)
        for name in ("folder", "noise", "accepted"):
            if not (path := getattr(self, name)) or "\0" in path:
                raise ValueError(f"{name} = {path!r}: expected the path of a file or folder")
        if unknown := self.absolute_effects.keys() - set(KINDS):
            raise ValueError(f"absolute_effects = {sorted(unknown)!r}: expected kinds among {', '.join(KINDS)}")
        limits = ("reference_days", "session_minutes", "confirming_minutes", "relative_effect")
        effects = {f"absolute_effects[{kind!r}]": effect for kind, effect in self.absolute_effects.items()}
        for name, number in {name: getattr(self, name) for name in limits}.items() | effects.items():
            if not 0 <= number < math.inf:
                raise ValueError(f"{name} = {number:g}: expected a finite number, 0 or more")
        if self.relative_effect > 1:
            raise ValueError(
                f"relative_effect = {self.relative_effect:g}: expected a fraction, at most 1, such as 0.05 for 5 %"
            )
        if not 0 < self.false_discovery_rate < 1:
            raise ValueError(
                f"false_discovery_rate = {self.false_discovery_rate:g}: expected a number above 0 and below 1"
            )

    def is_deterministic(self, cell: str) -> bool:
        """Whether this cell is a deterministic metric."""
        return bool(self.exact) and re.search(self.exact, cell) is not None

    def direction(self, cell: str, benchmark: Benchmark | None) -> Direction:
        """Whether a smaller or a larger number is better for a cell."""
        if self.higher_is_better and re.search(self.higher_is_better, cell):
            return Direction.HIGHER_IS_BETTER
        if benchmark and benchmark.unit == "hash":
            return Direction.NONE
        if self.lower_is_better and re.search(self.lower_is_better, cell):
            return Direction.LOWER_IS_BETTER
        if self.higher_is_better and not self.lower_is_better:
            return Direction.LOWER_IS_BETTER
        return direction_of(cell, benchmark)

    def effect(self, change: Change) -> str:
        """The effect of a change from an earlier report: the settings may have changed since."""
        benchmark = Benchmark(benchmark_of(change.cell), kind_of(change.cell), change.unit, "")
        direction = self.direction(change.cell, benchmark)
        if change.state is not State.CONFIRMED or direction in (Direction.NONE, Direction.UNKNOWN):
            return change.effect
        return direction.effect(1 + math.copysign(1, change.logarithm))


@dataclass(frozen=True)
class Project:
    """An ASV repository: its configuration, as ASV reads it, and the settings in asv_verdict.toml."""

    root: Path
    configuration_name: str
    configuration: dict[str, Any]
    settings: Settings

    @property
    def results(self) -> Path:
        """ASV's results folder."""
        return self.root / self.configuration.get("results_dir", "results")

    @property
    def folder(self) -> Path:
        """The folder of sessions, environments and reports."""
        return self.root / self.settings.folder


def read_project(configuration: Path) -> Project:
    """Read the project of an asv.conf.json, or else of asv.conf.jsonc. Raises BadSetting for a wrong value."""
    if configuration.name and not configuration.exists() and configuration.with_suffix(".jsonc").exists():
        configuration = configuration.with_suffix(".jsonc")
    try:
        content = load_json(str(configuration), js_comments=True)
    except (OSError, ValueError, UserError, RecursionError) as error:
        raise BadSetting(f"{configuration} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise BadSetting(f"{configuration} cannot be read: it holds a {type(content).__name__}, expected an object")
    converted(content, _Configuration, configuration.name)
    settings = read_settings(configuration.with_name(NAME), configuration.name)
    return Project(configuration.resolve().parent, configuration.name, content, settings)


def read_settings(path: Path, configuration: str = "") -> Settings:
    """The settings of a file; the defaults if it does not exist.

    A table `[configurations."NAME"]` overrides settings for the ASV configuration of that name.
    """
    if not is_there(path):
        return Settings()
    content = read_toml(path)
    special = content.pop("configurations", {})
    if not isinstance(special, dict) or not all(isinstance(table, dict) for table in special.values()):
        raise BadSetting(
            f'{path.name}: configurations = {special!r}: expected tables, as in [configurations."asv.conf.gpu.json"]'
        )
    return converted(_renamed(content) | _renamed(special.get(configuration, {})), Settings, path.name)


def _renamed(table: dict[str, Any]) -> dict[str, Any]:
    """The settings of a table by their present names, which come before the old ones."""
    present = {name: value for name, value in table.items() if name not in OLD_NAMES}
    return {OLD_NAMES[name]: value for name, value in table.items() if name in OLD_NAMES} | present
