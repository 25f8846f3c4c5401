"""What the cost page shows: the table [cost] of asv_verdict.toml. Which parameter is the size is said there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asv_verdict.settings import NAME, BadSetting, Project

#: What can be known of a choice, and what it is called.
QUANTITIES = {"time": "Time of a call", "memory": "Memory", "compile": "Time before the first result", "error": "Error"}


@dataclass(frozen=True)
class Problem:
    """One thing to choose for: its title, the parameter that is its size, and a benchmark for each quantity.

    Parameters that another quantity's benchmark has and time's has not are summed over, as the stages of compilation.
    """

    title: str
    size: str
    time: str
    memory: str = ""
    compile: str = ""
    error: str = ""

    @property
    def benchmarks(self) -> dict[str, str]:
        """The benchmark of each quantity that has one."""
        return {quantity: getattr(self, quantity) for quantity in QUANTITIES if getattr(self, quantity)}


@dataclass(frozen=True)
class CostPage:
    """The page: its title, the parameters that make a choice, what choices are divided by, and the problems."""

    title: str
    series: tuple[str, ...]
    problems: tuple[Problem, ...]
    #: Variables of the matrix's environments whose values are choices too: lines of one plot, not plots of their own.
    environment_series: tuple[str, ...] = ()
    #: By name, the values of some of `series` that a choice's own denominator has.
    denominators: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: What is drawn and not ranked, since it is none of the choices.
    unranked: Mapping[str, str] = field(default_factory=dict)
    #: A command that prints {cell: why it does not run} as JSON.
    reasons_command: str = ""
    #: Packages whose versions stand below the figures; all are in the details.
    packages: tuple[str, ...] = ()


def read_cost_page(project: Project) -> CostPage | None:
    """The page that is configured, or None. Raises BadSetting, which says what came and what is allowed."""
    content = dict(project.settings.cost)
    if not content:
        return None
    problems = content.pop("problems", None)
    if not isinstance(problems, list) or not problems:
        raise BadSetting(
            f"{NAME}: [cost] has no [[cost.problems]], each with a title, the size and a benchmark of time"
        )
    made = tuple(
        Problem(**_checked(one, "[[cost.problems]]", _PROBLEM, required=("title", "size", "time"))) for one in problems
    )
    checked = _checked(content, "[cost]", _PAGE, required=("title", "series"))
    if not checked["series"]:
        raise BadSetting(f"{NAME}: series in [cost] names no parameter, so there is nothing to choose from")
    lists = {name: tuple(value) for name, value in checked.items() if isinstance(value, list)}
    return CostPage(**{**checked, **lists, "problems": made})


_PROBLEM = dict.fromkeys(("title", "size", *QUANTITIES), str)
_PAGE = {
    "title": str,
    "series": list,
    "environment_series": list,
    "denominators": dict,
    "unranked": dict,
    "reasons_command": str,
    "packages": list,
}


def _checked(content: Any, where: str, kinds: Mapping[str, type], required: Sequence[str]) -> dict[str, Any]:
    """`content`, a table of these names with values of these types."""
    if not isinstance(content, dict):
        raise BadSetting(f"{NAME}: {where} is a {type(content).__name__} and no table")
    for name, value in content.items():
        if name not in kinds:
            raise BadSetting(f"{NAME}: unknown setting {name!r} in {where}; there are: {', '.join(kinds)}")
        if not isinstance(value, kinds[name]):
            raise BadSetting(f"{NAME}: {name} = {value!r} in {where} is no {kinds[name].__name__}")
    for name in required:
        if name not in content:
            raise BadSetting(f"{NAME}: {where} has no {name}")
    return content
