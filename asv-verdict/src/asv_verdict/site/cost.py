"""The data of the cost page: all its problems, on every machine that has measured them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from asv.util import sanitize_filename
from msgspec import structs

from asv_verdict.asv_io.benchmarks import Benchmark
from asv_verdict.asv_io.results import History, Result
from asv_verdict.measure.commands import output_of
from asv_verdict.project import BadSetting, Project
from asv_verdict.records.noise_floors import read_noise
from asv_verdict.site.configuration import QUANTITIES, CostPage, Problem, printed_problems
from asv_verdict.site.view import Name, View, as_text, parameter_values, sizes_of


def cost_of(project: Project, page: CostPage, history: History, problems: list[str]) -> dict[str, Any]:
    """The content of cost.json. Appends a sentence to `problems` for everything that is missing."""
    page = structs.replace(page, environment_series=_varying(page, history))
    reasons = _reasons(project, page, history, problems)
    commits: dict[str, int] = {}
    shown = []
    for problem in (*page.problems, *_printed_problems(project, page, problems)):
        if not _is_complete(page, problem, history.benchmarks, problems):
            continue
        views = _views(project, page, problem, history, reasons)
        shown.append(
            {
                "title": problem.title,
                "description": problem.description,
                "benchmark": problem.time,
                "size": problem.size,
                "sizes": [float(as_text(size)) for size in sizes_of(history.benchmarks[problem.time], problem)],
                "views": [view.as_json(commits) for view in views if view.points.get("time")],
            }
        )
    dates = {result.commit: result.date for result in history.results}
    return {
        "schema": 1,
        "title": page.title,
        "series": [*page.series, *page.environment_series],
        "quantities": QUANTITIES,
        "denominators": list(page.denominators),
        "terms": dict(page.terms),
        "commits": [[commit, dates[commit]] for commit in commits],
        "parameters": {name: list(one.parameter_names) for name, one in history.benchmarks.items()},
        "problems": shown,
    }


def _printed_problems(project: Project, page: CostPage, problems: list[str]) -> tuple[Problem, ...]:
    """The problems that `problems_command` prints. Appends a sentence to `problems` if it prints none."""
    if not page.problems_command:
        return ()
    try:
        found = json.loads(output_of(project, "problems_command", page.problems_command, {}))
        return printed_problems(found)
    except (BadSetting, ValueError, RecursionError) as error:
        problems.append(f"the cost page lacks the problems of problems_command: {error}")
        return ()


def _views(
    project: Project, page: CostPage, problem: Problem, history: History, reasons: Mapping[Name, Mapping[str, str]]
) -> Iterator[View]:
    benchmark = history.benchmarks[problem.time]
    fixed = {problem.size, *page.series}
    rest = {name: values for name, values in parameter_values(benchmark).items() if name not in fixed}
    versions = {name: one.version for name, one in history.benchmarks.items()}
    folder = project.root / project.settings.noise
    places: dict[tuple[str, str], list[Result]] = {}
    for result in history.results:
        places.setdefault((result.machine, _environment(result, page)), []).append(result)
    for (machine, environment), results in sorted(places.items()):
        results.sort(key=lambda result: (result.date, result.measured_at), reverse=True)
        names = {result.environment for result in results}
        noises = {name: read_noise(folder, machine, name, [], versions) for name in names}
        for combination in itertools.product(*rest.values()):
            variant = dict(zip(rest, map(as_text, combination), strict=True))
            yield View(page, problem, history.benchmarks, variant, environment, results, noises, reasons)


def _varying(page: CostPage, history: History) -> tuple[str, ...]:
    """The variables with two or more values on one machine: only these have to be part of a line's name."""
    found: dict[tuple[str, str], set[str | None]] = {}
    for result in history.results:
        for variable in page.environment_series:
            found.setdefault((variable, result.machine), set()).add(result.variables.get(variable))
    varying = {variable for (variable, _), values in found.items() if len(values) > 1}
    return tuple(variable for variable in page.environment_series if variable in varying)


def _environment(result: Result, page: CostPage) -> str:
    """ASV's name of the environment, without the variables that identify a choice."""
    name = result.environment
    for variable in page.environment_series:
        name = name.replace(sanitize_filename(f"-{variable}{result.variables.get(variable, '')}"), "")
    return name


def _is_complete(page: CostPage, problem: Problem, benchmarks: Mapping[str, Benchmark], problems: list[str]) -> bool:
    """Whether the page can show the problem. Appends a sentence to `problems` for everything that it has to omit."""
    missing = [name for name in problem.benchmarks.values() if name not in benchmarks]
    if problem.time in missing:
        problems.append(f"{problem.title}: the suite has no benchmark {problem.time}; the cost page omits the problem")
        return False
    problems += [
        f"{problem.title}: the suite has no benchmark {name}; the cost page omits this quantity" for name in missing
    ]
    values = parameter_values(benchmarks[problem.time])
    absent = [name for name in (problem.size, *page.series) if name not in values]
    if absent:
        problems.append(
            f"{problem.title}: {problem.time} has no parameter {absent[0]}, only: {', '.join(values) or 'none'}; "
            "the cost page omits the problem"
        )
        return False
    try:
        sizes = sizes_of(benchmarks[problem.time], problem)
    except ValueError:
        problems.append(
            f"{problem.title}: {problem.size} of {problem.time} has a value that is not a number; "
            "the cost page omits the problem"
        )
        return False
    if outside := [as_text(size) for size in values[problem.size] if size not in sizes]:
        problems.append(
            f"{problem.title}: {problem.size} = {', '.join(outside)} of {problem.time} does not fit a logarithmic "
            "axis; the cost page omits it"
        )
    return bool(sizes)


def _reasons(project: Project, page: CostPage, history: History, problems: list[str]) -> dict[Name, dict[str, str]]:
    """The reasons, by the values of the variables that identify a choice; the command runs once for each of them."""
    wanted = {tuple(result.variables.get(name, "") for name in page.environment_series) for result in history.results}
    return {values: _reasons_with(project, page, values, problems) for values in wanted if page.reasons_command}


def _reasons_with(project: Project, page: CostPage, values: Name, problems: list[str]) -> dict[str, str]:
    variables = dict(zip(page.environment_series, values, strict=True))
    try:
        found = json.loads(output_of(project, "reasons_command", page.reasons_command, variables))
        return {str(cell): str(reason) for cell, reason in found.items()}
    except (BadSetting, ValueError, AttributeError) as error:
        problems.append(f"the cost page cannot say why cells do not run: {error}")
        return {}
