"""The data of the page "What changed", from the reports of the nights."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from asv_verdict.asv_io.benchmarks import Benchmark, parameters_of
from asv_verdict.asv_io.decoding import benchmark_of
from asv_verdict.asv_io.results import History
from asv_verdict.project import Project
from asv_verdict.records.joining import plots_in
from asv_verdict.records.past_nights import KINDS, past_nights
from asv_verdict.report.from_file import report_of

#: The page shows this many of the newest nights; the folder of reports keeps all.
SHOWN = 200


def changes_of(project: Project, history: History, target: Path, problems: list[str]) -> dict[str, Any]:
    """The content of changes.json. Copies reports and pictures into `target`."""
    nights = past_nights(project.folder, None, problems, KINDS)[-SHOWN:]
    shown = []
    for night in reversed(nights):
        source, name = night.path.parent, night.path.parent.name
        if night.changes or any(getattr(night.report, sentences) for sentences in _SENTENCES):
            (target / name).mkdir(parents=True, exist_ok=True)
            (target / name / "report.md").write_text(report_of(night.report).as_markdown(), encoding="utf-8")
            for path in (night.path, *plots_in(source)):
                shutil.copyfile(path, target / name / path.name)
        shown.append(
            {
                **{key: getattr(night.report, key) for key in _FIELDS},
                "number": night.number,
                "folder": f"changes/{quote(name)}" if (target / name).is_dir() else "",
                "changes": [
                    {**msgspec.to_builtins(change), "graph": graph_address(change.cell, history.benchmarks)}
                    for change in night.changes
                ],
            }
        )
    return {"schema": 1, "nights": shown}


#: The page shows the first few entries of these lists; report.json has all.
_SENTENCES = ("missing", "undecided", "left_out", "problems", "notes")
_FIELDS = (
    *("kind", "title", "verdict", "expected", "measured", "machine", "cpu", "started", "seconds"),
    *("commits", "subjects", *_SENTENCES),
)


def graph_address(cell: str, benchmarks: dict[str, Benchmark]) -> str:
    """The address of a cell's graph in ASV's pages."""
    benchmark = benchmarks.get(benchmark_of(cell))
    address = f"index.html#{quote(benchmark_of(cell))}"
    if benchmark is None or not benchmark.parameter_names:
        return address
    values = parameters_of(cell, benchmark)
    pairs = zip(benchmark.parameter_names, values, strict=False)
    return f"{address}?{'&'.join(f'p-{quote(name)}={quote(value)}' for name, value in pairs)}"
