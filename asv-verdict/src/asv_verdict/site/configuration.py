"""The settings of the cost page: the table [cost] of asv_verdict.toml."""

from __future__ import annotations

import msgspec

from asv_verdict.project import NAME, Project
from asv_verdict.system.toml_file import converted

#: The measured quantities of a choice with their titles.
QUANTITIES = {"time": "Time per call", "memory": "Memory", "compile": "Build time", "error": "Error"}


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One problem of the page: its title, the parameter that is its size, and a benchmark for each quantity.

    If another benchmark has a parameter that the benchmark of `time` lacks, such as the stage of compilation, the page
    shows the sum over its values.
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


class CostPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The page: its title, the parameters that identify a choice, the denominators of ratios, and the problems."""

    title: str
    series: tuple[str, ...]
    #: The problems, and a command that prints more of them as JSON: a list of objects with the keys of Problem.
    problems: tuple[Problem, ...] = ()
    problems_command: str = ""
    #: Environment variables of ASV's matrix that also identify a choice: their values share a plot.
    environment_series: tuple[str, ...] = ()
    #: By name: the values of `series` parameters that turn a choice into its denominator.
    denominators: dict[str, dict[str, str]] = {}
    #: Parameter values of lines that the page draws but does not rank.
    unranked: dict[str, str] = {}
    #: A command that prints {cell: why it does not run} as JSON.
    reasons_command: str = ""
    #: Packages whose versions the page always shows; the details list all packages.
    packages: tuple[str, ...] = ()
    #: Explanations of parameter values and denominators.
    terms: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Raise ValueError for an empty list."""
        if not self.series:
            raise ValueError("series = []: expected at least one parameter")
        if not self.problems and not self.problems_command:
            raise ValueError(
                "problems = []: expected at least one [[cost.problems]], with title, size and time, or problems_command"
            )


class _Printed(msgspec.Struct, frozen=True):
    problems: tuple[Problem, ...]


def printed_problems(content: object) -> tuple[Problem, ...]:
    """The problems that `problems_command` printed. Raises BadSetting with the value and what is expected."""
    return converted({"problems": content}, _Printed, "problems_command").problems


def read_cost_page(project: Project) -> CostPage | None:
    """The settings of the page, or None without [cost]. Raises BadSetting with the value and what is expected."""
    return converted(project.settings.cost, CostPage, NAME, "cost") if project.settings.cost else None
