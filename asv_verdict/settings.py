"""What can be set, in a file `asv_verdict.toml` beside asv.conf.json; every field has a default that works anywhere."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from asv.util import UserError, load_json

from asv_verdict.outcome import Direction
from asv_verdict.results import Benchmark

NAME = "asv_verdict.toml"


class BadSetting(ValueError):
    """A setting that is unknown or of the wrong type, or a configuration that cannot be read."""


@dataclass(frozen=True)
class Settings:
    """Times in minutes, effects as fractions; `exact` and the like are regular expressions over the names of cells."""

    #: What a night measures: an expression as for `asv run --bench`, or a command that prints one.
    selection: str = ""
    selection_command: str = ""
    #: What has no noise, so that under equal library versions any change is a finding.
    exact: str = ""
    higher_is_better: str = ""
    #: The commit that drift is measured against: the last tag, or where there is none the commit so many days back.
    reference: str = ""
    reference_days: float = 30.0
    #: Minutes for the three commits of a night, and for confirming and blaming what they show.
    sitting_minutes: float = 90.0
    confirming_minutes: float = 45.0
    #: The least change that is worth a word: as a fraction, and in the unit of the benchmark.
    relative_effect: float = 0.02
    absolute_effects: dict[str, float] = field(default_factory=dict)
    #: For `compare`: which cells a changed file can have moved, as {"path/*.py": "expression"}; "" is none of them. A
    #: file that no path matches can have moved all.
    paths: dict[str, str] = field(default_factory=dict)
    #: The rate of false findings that is allowed among the suspicions of a night.
    false_discovery_rate: float = 0.1
    #: Measured noise, as docs/understand/verdict.md has it; and where sittings and reports are kept.
    noise: str = ".asv/noise"
    folder: str = ".asv/verdict"
    #: A branch that a night's results are committed to, and where it is pushed to; none where they are empty.
    results_branch: str = ""
    results_remote: str = ""
    accepted: str = "asv_verdict_accepted.toml"
    #: What the page "Gradient cost" or the like shows (asv_verdict/site/configuration.py); no such page without it.
    cost: dict[str, Any] = field(default_factory=dict)

    def is_exact(self, cell: str) -> bool:
        """Whether this cell is counted and not measured."""
        return bool(self.exact) and re.search(self.exact, cell) is not None

    def direction(self, cell: str, benchmark: Benchmark | None) -> Direction:
        """Which way is worse."""
        if self.higher_is_better and re.search(self.higher_is_better, cell):
            return Direction.HIGHER_IS_BETTER
        return benchmark.direction if benchmark else Direction.LOWER_IS_BETTER


@dataclass(frozen=True)
class Project:
    """An ASV repository: its configuration, as ASV reads it, and our settings beside it."""

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
        """Where sittings, environments and reports are kept."""
        return self.root / self.settings.folder


def read_project(configuration: Path) -> Project:
    """The project of an asv.conf.json. Raises BadSetting, which says what came and what is allowed."""
    try:
        content = load_json(str(configuration), js_comments=True)
    except (OSError, ValueError, UserError) as error:
        raise BadSetting(f"{configuration} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise BadSetting(f"{configuration} cannot be read: it holds a {type(content).__name__} and no settings")
    settings = read_settings(configuration.with_name(NAME), configuration.name)
    return Project(configuration.resolve().parent, configuration.name, content, settings)


def read_settings(path: Path, configuration: str = "") -> Settings:
    """The settings of a file, or the defaults where there is none.

    What stands in a table of its own for the name of a configuration of ASV counts for that one alone, and more.
    """
    if not path.exists():
        return Settings()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSetting(f"{path.name} cannot be read: {error}") from error
    special = content.pop("configurations", {})
    if not isinstance(special, dict) or not all(isinstance(table, dict) for table in special.values()):
        raise BadSetting(f'{path.name}: configurations holds tables, as in [configurations."asv.conf.gpu.json"]')
    content |= special.get(configuration, {})
    known = {found.name: found for found in fields(Settings)}
    for name, value in content.items():
        if name not in known:
            raise BadSetting(f"{path.name}: unknown setting {name!r}; there are: {', '.join(known)}")
        expected = type(getattr(Settings(), name))
        if isinstance(value, bool) or not isinstance(value, (int, float) if expected is float else expected):
            raise BadSetting(f"{path.name}: {name} = {value!r} is no {expected.__name__}")
        if name in ("exact", "higher_is_better", "selection"):
            _check_expression(path.name, name, str(value))
    for expression in content.get("paths", {}).values():
        _check_expression(path.name, "paths", expression)
    numbers = {name: value for name, value in content.items() if isinstance(value, int | float)}
    for name, value in [*numbers.items(), *content.get("absolute_effects", {}).items()]:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise BadSetting(f"{path.name}: {name} = {value!r} is no number from 0 on")
    if not 0 < content.get("false_discovery_rate", 0.5) < 1:
        raise BadSetting(
            f"{path.name}: false_discovery_rate = {content['false_discovery_rate']!r} is not between 0 and 1"
        )
    return Settings(**content)


def _check_expression(file: str, name: str, value: str) -> None:
    try:
        re.compile(value)
    except (re.error, TypeError) as error:
        raise BadSetting(f"{file}: {name} = {value!r} is no regular expression: {error}") from error
