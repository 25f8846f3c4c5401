"""What each choice costs over size: the data of the page "Gradient cost", from the newest result of each cell."""

from __future__ import annotations

import ast
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from asv_verdict.commands import output_of
from asv_verdict.noise import Noise, read_noise
from asv_verdict.results import Benchmark, History, Result
from asv_verdict.settings import BadSetting, Project
from asv_verdict.site.configuration import QUANTITIES, CostPage, Problem
from asv_verdict.site.crossovers import Curve, Measured, crossings, summary
from asv_verdict.site.provenance import provenance_of
from asv_verdict.site.sums import Sums

#: The values of a choice's parameters, as text.
Name = tuple[str, ...]
#: What is drawn: a quantity, and what it is divided by, or nothing.
Measure = tuple[str, str]


@dataclass(frozen=True)
class Point:
    """A value at a size, what it was measured with, and the cells that it is the sum of."""

    value: float
    noise: float
    result: Result
    cells: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """One problem on one machine in one environment, with one value for each parameter that is no choice or size."""

    page: CostPage
    problem: Problem
    benchmarks: Mapping[str, Benchmark]
    variant: Mapping[str, str]
    #: Of this machine and environment, newest first.
    results: Sequence[Result]
    noise: Noise
    reasons: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def time(self) -> Benchmark:
        """The benchmark whose parameters are those of the view."""
        return self.benchmarks[self.problem.time]

    @cached_property
    def sizes(self) -> list[str]:
        """As ASV writes them, in the order of the suite."""
        return _sizes(self.time, self.problem)

    @cached_property
    def names(self) -> list[Name]:
        """All choices, measured or not."""
        values = [_parameters(self.time)[name] for name in self.page.series]
        return [tuple(map(_text, combination)) for combination in itertools.product(*values)]

    def cells(self, quantity: str, name: Name, size: str) -> tuple[str, ...]:
        """The cells that are summed for a quantity of a choice at a size."""
        benchmark = self.benchmarks.get(self.problem.benchmarks.get(quantity, ""))
        if benchmark is None:
            return ()
        fixed = {**dict(zip(self.page.series, name, strict=True)), self.problem.size: _text(size), **self.variant}
        allowed = [
            [value for value in values if fixed.get(parameter, _text(value)) == _text(value)]
            for parameter, values in _parameters(benchmark).items()
        ]
        return tuple(f"{benchmark.name}({', '.join(combination)})" for combination in itertools.product(*allowed))

    @cached_property
    def points(self) -> dict[str, dict[Name, dict[float, Point]]]:
        """By quantity, choice and size: the newest value."""
        found: dict[str, dict[Name, dict[float, Point]]] = {}
        for quantity in self.problem.benchmarks:
            for name, size in itertools.product(self.names, self.sizes):
                cells = self.cells(quantity, name, size)
                for result in self.results if cells else ():
                    value = self._sums[quantity].of(result, name, cells)
                    # Nothing is no time and no memory, and has no place on a logarithmic axis; an error may be nothing.
                    if value is not None and math.isfinite(value) and (value > 0 or quantity == "error"):
                        noise = max(map(self.noise.floor, cells))
                        point = Point(value, noise, result, cells)
                        found.setdefault(quantity, {}).setdefault(name, {})[float(_text(size))] = point
                        break
        return found

    def curves(self, measure: Measure) -> dict[Name, dict[float, Point]]:
        """What is drawn of a measure; a ratio is of values of one result, where that has both."""
        quantity, denominator = measure
        found = self.points.get(quantity, {})
        if not denominator:
            return found
        ratios: dict[Name, dict[float, Point]] = {}
        for name, curve in found.items():
            other = self._denominator(name, denominator)
            below = found.get(other, {})
            for size, point in curve.items():
                if size in below:
                    same = self._sums[quantity].of(point.result, other, below[size].cells)
                    value = point.value / (same or below[size].value)
                    ratio = Point(value, max(point.noise, below[size].noise), point.result, point.cells)
                    ratios.setdefault(name, {})[size] = ratio
        return ratios

    @cached_property
    def _sums(self) -> dict[str, Sums]:
        """By quantity."""
        return {
            quantity: Sums(
                self.results,
                self.reasons,
                {
                    name: [cells for size in self.sizes if (cells := self.cells(quantity, name, size))]
                    for name in self.names
                },
            )
            for quantity in self.problem.benchmarks
        }

    def _denominator(self, name: Name, denominator: str) -> Name:
        values = self.page.denominators[denominator]
        return tuple(values.get(parameter, own) for parameter, own in zip(self.page.series, name, strict=True))

    def is_ranked(self, name: Name) -> bool:
        """Whether it is one of those to choose from."""
        values = dict(zip(self.page.series, name, strict=True))
        return not self.page.unranked or any(values[key] != value for key, value in self.page.unranked.items())

    def as_json(self, commits: dict[str, int]) -> dict[str, Any]:
        """For the page. `commits` numbers commits, and gets those that are new."""
        used = {id(one.result): one.result for one in _all_points(self.points)}
        newest = sorted(used.values(), key=lambda result: -result.measured_at)
        return {
            "machine": newest[0].machine,
            "environment": newest[0].environment,
            "variant": dict(self.variant),
            "measures": {
                "/".join(filter(None, measure)): self._measure(measure, commits)
                for measure in itertools.product(self.points, ("", *self.page.denominators))
                if measure[0] != "error" or not measure[1]  # errors have no ratio that means anything
            },
            "support": self._support(),
            "noise_is_measured": any(
                cell in self.noise.differences for one in _all_points(self.points) for cell in one.cells
            ),
            "provenance": provenance_of(newest, self.page.packages),
        }

    def _measure(self, measure: Measure, commits: dict[str, int]) -> dict[str, Any]:
        curves = self.curves(measure)
        ranked = {" ".join(name): _measured(curve) for name, curve in curves.items() if self.is_ranked(name)}
        is_error = measure[0] == "error"
        words = f"Least multiple of {measure[1]}" if measure[1] else f"Least {QUANTITIES[measure[0]].lower()}"
        return {
            "unit": self.benchmarks[self.problem.benchmarks[measure[0]]].unit if not measure[1] else "",
            "lines": [
                {
                    "name": list(name),
                    "ranked": self.is_ranked(name),
                    "points": [
                        [
                            size,
                            point.value,
                            point.noise,
                            commits.setdefault(point.result.commit, len(commits)),
                            point.cells[0],
                        ]
                        for size, point in sorted(curve.items())
                    ],
                }
                for name, curve in curves.items()
            ],
            "words": "" if is_error else summary(ranked, self.problem.size, words),
            "crossings": [
                {**vars(crossing), "sentence": crossing.sentence(self.problem.size)}
                for crossing in ([] if is_error else crossings(ranked))
            ],
        }

    def _support(self) -> list[dict[str, Any]]:
        """By choice and size: why it does not run, "" where it does, None where nobody has measured."""
        times = self.points.get("time", {})
        rows = []
        for name in self.names:
            states: list[str | None] = []
            for size in self.sizes:
                reason = next((self.reasons[c] for c in self.cells("time", name, size) if c in self.reasons), None)
                states.append("" if float(_text(size)) in times.get(name, {}) else reason)
            rows.append({"name": list(name), "ranked": self.is_ranked(name), "states": states})
        return rows


def cost_of(project: Project, page: CostPage, history: History, problems: list[str]) -> dict[str, Any]:
    """The content of cost.json. What is missing has a sentence in `problems`."""
    reasons = _reasons(project, page, problems)
    commits: dict[str, int] = {}
    shown = []
    for problem in page.problems:
        if not _is_complete(page, problem, history.benchmarks, problems):
            continue
        views = _views(project, page, problem, history, reasons)
        shown.append(
            {
                "title": problem.title,
                "size": problem.size,
                "sizes": [float(_text(size)) for size in _sizes(history.benchmarks[problem.time], problem)],
                "views": [view.as_json(commits) for view in views if view.points.get("time")],
            }
        )
    dates = {result.commit: result.date for result in history.results}
    return {
        "schema": 1,
        "title": page.title,
        "series": list(page.series),
        "quantities": QUANTITIES,
        "denominators": list(page.denominators),
        "commits": [[commit, dates[commit]] for commit in commits],
        "parameters": {name: list(one.parameter_names) for name, one in history.benchmarks.items()},
        "problems": shown,
    }


def _views(
    project: Project, page: CostPage, problem: Problem, history: History, reasons: Mapping[str, str]
) -> Iterator[View]:
    benchmark = history.benchmarks[problem.time]
    fixed = {problem.size, *page.series}
    rest = {name: values for name, values in _parameters(benchmark).items() if name not in fixed}
    versions = {name: one.version for name, one in history.benchmarks.items()}
    for machine, environment in sorted({(result.machine, result.environment) for result in history.results}):
        results = [one for one in history.results if (one.machine, one.environment) == (machine, environment)]
        results.sort(key=lambda result: (result.date, result.measured_at), reverse=True)
        noise = read_noise(project.root / project.settings.noise, machine, environment, [], versions)
        for combination in itertools.product(*rest.values()):
            variant = dict(zip(rest, map(_text, combination), strict=True))
            yield View(page, problem, history.benchmarks, variant, results, noise, reasons)


def _is_complete(page: CostPage, problem: Problem, benchmarks: Mapping[str, Benchmark], problems: list[str]) -> bool:
    """Whether the suite has what the configuration names; otherwise it is said."""
    missing = [name for name in problem.benchmarks.values() if name not in benchmarks]
    if problem.time in missing:
        problems.append(f"{problem.title}: there is no benchmark {problem.time}; the cost page leaves it out")
        return False
    problems += [f"{problem.title}: there is no benchmark {name}" for name in missing]
    known = _parameters(benchmarks[problem.time])
    absent = [name for name in (problem.size, *page.series) if name not in known]
    if absent:
        problems.append(
            f"{problem.title}: {problem.time} has no parameter {absent[0]}, it has: {', '.join(known) or 'none'}; "
            "the cost page leaves it out"
        )
        return False
    try:
        sizes = _sizes(benchmarks[problem.time], problem)
    except ValueError:
        problems.append(f"{problem.title}: {problem.size} of {problem.time} is no number; the cost page leaves it out")
        return False
    if outside := [_text(size) for size in known[problem.size] if size not in sizes]:
        problems.append(
            f"{problem.title}: {problem.size} = {', '.join(outside)} of {problem.time} has no place on a logarithmic "
            "axis; the cost page leaves it out"
        )
    return bool(sizes)


def _sizes(benchmark: Benchmark, problem: Problem) -> list[str]:
    """Those that have a place on a logarithmic axis, as ASV writes them. Raises ValueError where one is no number."""
    return [size for size in _parameters(benchmark)[problem.size] if 0 < float(_text(size)) < math.inf]


def _reasons(project: Project, page: CostPage, problems: list[str]) -> dict[str, str]:
    if not page.reasons_command:
        return {}
    try:
        found = json.loads(output_of(project, "reasons_command", page.reasons_command))
        return {str(cell): str(reason) for cell, reason in found.items()}
    except (BadSetting, ValueError, AttributeError) as error:
        problems.append(f"the cost page has no reasons for what does not run: {error}")
        return {}


def _parameters(benchmark: Benchmark) -> dict[str, tuple[str, ...]]:
    return dict(zip(benchmark.parameter_names, benchmark.parameters, strict=False))


def _text(value: str) -> str:
    """A parameter's value, of which ASV keeps the representation, as people write it."""
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value


def _measured(curve: Mapping[float, Point]) -> Curve:
    return {size: Measured(point.value, point.noise) for size, point in curve.items()}


def _all_points(points: Mapping[str, Mapping[Name, Mapping[float, Point]]]) -> Iterator[Point]:
    return (point for lines in points.values() for curve in lines.values() for point in curve.values())
