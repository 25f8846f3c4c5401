"""Synthetic results of ASV: a result file, the results of a suite, and the rounds of a confirmation."""

from __future__ import annotations

import numpy as np

ENVIRONMENT = "virtualenv-py3.11"
COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b"]


def result_file(commit: str, date: int, results: dict, machine: str = "desk") -> dict:
    """The content of a result file of ASV."""
    return {
        "version": 2,
        "commit_hash": commit,
        "env_name": ENVIRONMENT,
        "date": date,
        "params": {"machine": machine, "python": "3.11"},
        "python": "3.11",
        "requirements": {},
        "env_vars": {},
        "result_columns": COLUMNS,
        "results": results,
        "durations": {},
    }


def results_of(suite) -> dict:
    """The contents of all result files, without the list of benchmarks, which ASV rewrites."""
    found = (suite.root / ".asv/results").rglob("*-*.json")
    return {path: path.read_bytes() for path in found}


def synthetic_rounds(change, noise, count, generator):
    """Rounds of (old, new) with true ratio `change`; `noise` is the standard deviation of a value's logarithm."""
    old, new = np.exp(generator.normal(0, noise, (2, count)))
    return [(float(a), float(b) * change) for a, b in zip(old, new, strict=True)]


def listed(suite) -> dict:
    """The content of benchmarks.json."""
    return {"version": 2} | {
        name: {
            "name": name,
            "type": kind,
            "unit": unit,
            "version": suite.version,
            "rounds": suite.processes,
            "params": params,
            "param_names": [f"p{index}" for index in range(len(params))],
        }
        for name, (kind, unit, params, _) in suite.benchmarks.items()
    }


def listed_without(suite, names) -> dict:
    """The same without the benchmarks in `names`."""
    return {name: entry for name, entry in listed(suite).items() if name not in names}
