"""Synthetic results whose costs are known, and the data of their cost page."""

import math

from asv_verdict.asv_io.results import read_history
from asv_verdict.project import read_project
from asv_verdict.site.configuration import read_cost_page
from asv_verdict.site.cost import cost_of
from studies.synthetic_repository import Bench, SyntheticRepository

PARAMETERS = {"n": [1, 10, 100], "backend": ["fast", "slow"], "mode": ["value", "hand", "auto"], "dtype": ["f8", "f4"]}
SETTINGS = """
[cost]
title = "What it costs"
series = ["backend", "mode"]
denominators = { objective = { mode = "value" }, hand = { mode = "hand" } }
unranked = { mode = "value" }
packages = ["numpy", "absent"]

[[cost.problems]]
title = "A kernel"
size = "n"
time = "time.Kernel.time_call"
compile = "stages.Kernel.time_stage"
error = "costs.Kernel.track_error"
"""


def time_call(n, backend, mode, dtype):
    if (backend, mode) == ("slow", "auto") and n == 100:
        return None  # it failed
    if dtype == "f4":
        return math.nan  # not selected
    passes = {"value": 1.0, "hand": 2.0, "auto": 3.0}[mode]
    return passes * (1e-4 + 1e-6 * n if backend == "fast" else 1e-5 * n)


def time_stage(n, backend, mode, dtype, stage):
    if backend == "slow":
        return 0.01 if stage == "call" and dtype == "f8" else math.nan
    return {"trace": 0.1, "compile": 0.2, "call": 0.3}[stage] if dtype == "f8" else math.nan


BENCHMARKS = {
    "time.Kernel.time_call": Bench("seconds", PARAMETERS, time_call),
    "stages.Kernel.time_stage": Bench("seconds", {**PARAMETERS, "stage": ["trace", "compile", "call"]}, time_stage),
    "costs.Kernel.track_error": Bench("relative error", PARAMETERS, lambda *cell: 0.0, "track"),
}


def synthetic_costs(folder, benchmarks=BENCHMARKS, settings=SETTINGS):
    """A repository without results."""
    return SyntheticRepository(folder, benchmarks=benchmarks, settings=settings).start()


def cost(repository, problems=None):
    """The content of cost.json; everything that is missing adds a sentence to `problems`."""
    project = read_project(repository.root / "asv.conf.json")
    found = [] if problems is None else problems
    return cost_of(project, read_cost_page(project), read_history(project.results), found)


def points(view, measure, *name):
    """The values of one line by size."""
    (line,) = [line for line in view["measures"][measure]["lines"] if line["name"] == list(name)]
    return {point[0]: point[1] for point in line["points"]}
