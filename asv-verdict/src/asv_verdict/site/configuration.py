"""The settings of the cost page: the table [cost] of asv_verdict.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asv_verdict.project import NAME, BadSetting, Project

#: The measured quantities of a choice with their titles.
QUANTITIES = {"time": "Time per call", "memory": "Memory", "compile": "Build time", "error": "Error"}


@dataclass(frozen=True)
class Problem:
    """One problem of the page: its title, the parameter that is its size, and a benchmark for each quantity.

    If another benchmark has a parameter that the one of time lacks, such as the stage of compilation, the page shows
    the sum over its values.
    """

    title: str
    size: str
    time: str
    description: str = ""
    memory: str = ""
    compile: str = ""
    error: str = ""

    @property
    def benchmarks(self) -> dict[str, str]:
        """The benchmark of each quantity that has one."""
        return {quantity: getattr(self, quantity) for quantity in QUANTITIES if getattr(self, quantity)}


@dataclass(frozen=True)
class CostPage:
    """The page: its title, the parameters that identify a choice, the denominators of ratios, and the problems."""

    title: str
    series: tuple[str, ...]
    problems: tuple[Problem, ...]
    #: Environment variables of ASV's matrix that also identify a choice: their values share a plot.
    environment_series: tuple[str, ...] = ()
    #: By name: the values of `series` parameters that turn a choice into its denominator.
    denominators: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: Parameter values of lines that the page draws but does not rank.
    unranked: Mapping[str, str] = field(default_factory=dict)
    #: A command that prints {cell: why it does not run} as JSON.
    reasons_command: str = ""
    #: Packages whose versions the page always shows; the details list all packages.
    packages: tuple[str, ...] = ()
    #: Explanations of parameter values and denominators.
    terms: Mapping[str, str] = field(default_factory=dict)


def read_cost_page(project: Project) -> CostPage | None:
    """The settings of the page, or None without [cost]. Raises BadSetting with the value and what is expected."""
    content = dict(project.settings.cost)
    if not content:
        return None
    problems = content.pop("problems", None)
    if not isinstance(problems, list) or not problems:
        raise BadSetting(f"{NAME}: [cost] expects [[cost.problems]], at least one, each with title, size and time")
    read = tuple(
        Problem(**_checked(one, "[[cost.problems]]", _PROBLEM, required=("title", "size", "time"))) for one in problems
    )
    checked = _checked(content, "[cost]", _PAGE, required=("title", "series"))
    if not checked["series"]:
        raise BadSetting(f"{NAME}: series = [] in [cost]: expected at least one parameter")
    lists = {name: tuple(value) for name, value in checked.items() if isinstance(value, list)}
    return CostPage(**{**checked, **lists, "problems": read})


_PROBLEM = dict.fromkeys(("title", "size", "description", *QUANTITIES), str)
_PAGE = {
    "title": str,
    "series": list,
    "environment_series": list,
    "denominators": dict,
    "unranked": dict,
    "reasons_command": str,
    "packages": list,
    "terms": dict,
}
_WORDS: dict[type, str] = {str: "a string", list: "a list", dict: "a table"}


def _checked(content: Any, where: str, kinds: Mapping[str, type], required: Sequence[str]) -> dict[str, Any]:
    """Return `content` if its names and types are allowed and the required settings are there. Raises BadSetting."""
    if not isinstance(content, dict):
        raise BadSetting(f"{NAME}: {where} = {content!r}: expected a table")
    for name, value in content.items():
        if name not in kinds:
            raise BadSetting(f"{NAME}: unknown setting {name!r} in {where}; allowed: {', '.join(kinds)}")
        if not isinstance(value, kinds[name]):
            raise BadSetting(f"{NAME}: {name} = {value!r} in {where}: expected {_WORDS[kinds[name]]}")
    for name in required:
        if name not in content:
            raise BadSetting(f"{NAME}: {where} lacks the required setting {name}")
    return content
