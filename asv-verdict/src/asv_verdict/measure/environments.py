"""The environments of ASV's configuration, by the names that ASV gives them."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

from asv.config import Config
from asv.environment import (
    Environment,
    EnvironmentUnavailable,
    _parse_matrix_entries,  # ASV offers no public way to name environments whose Python is missing
    iter_matrix,
)
from asv.util import UserError, iter_subclasses

from asv_verdict.project import BadSetting, Project
from asv_verdict.system.toml_file import read_toml


def expected_environments(project: Project) -> dict[str, str]:
    """Name and folder of every configured environment, including those whose Python is not installed.

    Raises BadSetting if there is none.
    """
    config = Config.from_json({**project.configuration, "version": 1})
    if any("installed" in plugin for plugin in config.plugins):
        from asv_verdict.measure import installed  # noqa: F401 # `asv run` imports it as a plugin
    kind = _environment_class(config.environment_type)
    if (build := project.root / "pyproject.toml").exists():
        read_toml(build)  # ASV reads its build requirements, and would not name the file in its error
    found: dict[str, str] = {}
    try:
        with contextlib.chdir(project.root):  # an environment reads the build requirements from here
            for entries in iter_matrix(config.environment_type, config.pythons, config):
                environment = _environment(kind, config, *_parse_matrix_entries(entries))
                found[environment.name] = Path(environment._path).name
    except (UserError, AttributeError, TypeError, ValueError, LookupError, re.error) as error:
        raise BadSetting(
            f"{project.configuration_name}: ASV cannot read pythons, matrix, include or exclude: {error}"
        ) from error
    if not found:
        raise BadSetting(
            f"{project.configuration_name}: expected at least one environment; check pythons, matrix and exclude"
        )
    return found


def _environment_class(name: object) -> Any:
    """ASV's class for an environment type. Raises BadSetting if ASV does not know it or cannot build commits in it."""
    allowed = {one.tool_name: one for one in iter_subclasses(Environment) if one.tool_name not in (None, "existing")}
    if not isinstance(name, str) or name not in allowed:
        given = f"environment_type = {name!r}" if name else "no environment_type in ASV's configuration"
        raise BadSetting(f"{given}: expected a type in which ASV builds every commit: {', '.join(sorted(allowed))}")
    return allowed[name]


def _environment(kind: Any, config: Config, python: str, requirements: Any, variables: Any) -> Environment:
    """ASV's environment for a point of its matrix. A missing Python does not matter: only name and folder are read."""
    try:
        made: Environment = kind(config, python, requirements, variables)
    except EnvironmentUnavailable:
        made = object.__new__(kind)
        made._requirements = requirements
        Environment.__init__(made, config, python, requirements, variables)
    return made
