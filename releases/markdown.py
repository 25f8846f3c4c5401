"""summary.md of a release history, rendered from its summary.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from asv.util import human_value

from asv_verdict.report.markdown import code, escape
from releases.evidence import Evidence
from releases.pins import released_with
from releases.reproduction import id_of

#: A row of summary.json.
Row = Mapping[str, Any]


def markdown(summary: Row) -> str:
    """The text of summary.md; docs/use/releases.md lists the fields of `summary`."""
    package = summary["package"]
    measured = [release["version"] for release in summary["releases"] if not release["unmeasured"]]
    confirmed = [one for one in summary["findings"] if one["state"] == "confirmed"]
    steps = [one for one in confirmed if one["step"]]
    lines = [f"# {package} {measured[0]} to {measured[-1]}: changes among {summary['cells']} cells", ""]
    lines += _provenance(summary, len(measured))
    for title, found in (
        ("Slower than the release before", [one for one in steps if one["effect"] != "improvement"]),
        ("Faster than the release before", [one for one in steps if one["effect"] == "improvement"]),
        (
            f"{measured[-1]} compared with the first release and with the fastest one",
            [one for one in confirmed if not one["step"]],
        ),
        ("Inconclusive", [one for one in summary["findings"] if one["state"] == "inconclusive"]),
    ):
        lines += ["", f"## {title}: {len(found)}", ""]
        lines += _table(found, package) if found else ["None."]
    counts = summary["counted"]
    lines += ["", f"## Changes of deterministic metrics: {len(counts)}", ""]
    lines += _counts(counts) if counts else ["None."]
    lines += ["", "## Releases", "", *(_release_line(release, package) for release in summary["releases"])]
    if summary["problems"]:
        lines += ["", "## Problems", "", *(f"- {escape(problem)}" for problem in summary["problems"])]
    return "\n".join(lines) + "\n"


def _provenance(summary: Row, releases: int) -> list[str]:
    lines = [
        *_paragraph(
            f"The command below measured every cell under each of the {releases} releases, in "
            f"{_number_of('round', summary['rounds'])}. Cells that seemed to have changed became candidates. The "
            "command measured each candidate again, until it was confirmed or dismissed, or the time ran out."
        ),
        "",
        f"    {summary['command']}",
        "",
        f"Processor {summary['processor']}, Python {summary['python']}, {summary['date']}.",
    ]
    if summary["controls_moved_by"] > 1:
        lines += [
            "",
            *_paragraph(
                f"Controls are cells that no release of {summary['package']} can change; they are judged first. The "
                "largest difference of a control that was not dismissed is "
                f"{100 * (summary['controls_moved_by'] - 1):.1f} %. A change is confirmed only if its whole interval "
                "lies beyond that difference."
            ),
        ]
    return lines


def _paragraph(text: str) -> list[str]:
    return wrap(text, 120, break_on_hyphens=False)


def _table(findings: Sequence[Row], package: str) -> list[str]:
    lines = [
        "| cell | releases | new ÷ old | 99 % interval | before → after | other packages and counts |",
        "|---|---|---|---|---|---|",
    ]
    for one in findings:
        name = code(one["cell"])
        if one["needs"]:
            name += f" ([reproduce](../../use/releases.md#reproduce-a-finding) {id_of(package, one)})"
        low, high = one["interval"]
        values = " → ".join(human_value(one[f"value_{side}"], one["unit"]) for side in ("before", "after"))
        lines.append(
            f"| {name} | {_releases(one)} | {one['ratio']:.2f} | {low:.2f} to {high:.2f} | {values} "
            f"| {escape(_other_changes(one, package))} |"
        )
    if any("slower" in _releases(one) for one in findings):
        lines += [
            "",
            *_paragraph(
                "*Slower up to* names the last release that still shows the regression. *Still slower* means that no "
                "later confirmed improvement has made up for it."
            ),
        ]
    return lines


def _releases(finding: Row) -> str:
    both = f"{finding['before']} → {finding['after']}"
    if not finding["step"] or (finding["effect"], finding["state"]) != ("regression", "confirmed"):
        return both
    return f"{both}, slower up to {finding['last_slow']}" if finding["last_slow"] else f"{both}, still slower"


def _other_changes(finding: Row, package: str) -> str:
    """The other packages that changed, which may be the cause instead; then the counts that changed."""
    others = [words for words in finding["packages"] if words.partition(" ")[0] not in released_with(package)]
    evidence = [Evidence(**row) for row in finding["evidence"]]
    counts = [one.words for one in evidence if one.has_changed]
    if evidence and not counts:
        counts = ["no count changed"]
    return "; ".join([*([f"also changed: {', '.join(others)}"] if others else []), *counts])


def _counts(counts: Sequence[Row]) -> list[str]:
    """A line for each cell, with its values from release to release."""
    by_cell: dict[str, list[Row]] = {}
    for count in counts:
        by_cell.setdefault(count["cell"], []).append(count)
    lines = ["| cell | values |", "|---|---|"]
    for cell, found in by_cell.items():
        steps = "; ".join(
            f"{one['after']}: {one['value_before']:g} → {one['value_after']:g} {escape(one['unit'])}" for one in found
        )
        lines.append(f"| {code(cell)} | {steps} |")
    return lines


def _release_line(release: Row, package: str) -> str:
    said = [f"not measured: {escape(release['unmeasured'])}"] if release["unmeasured"] else []
    for words, cells in (("failed", release["failed"]), ("not measured yet", release["waiting"])):
        if cells:
            said.append(f"{_number_of('cell', len(cells))} {words}: {', '.join(map(escape, cells))}")
    line = f"- {release['date'][:10]} {package} {release['version']}"
    return f"{line}: {'; '.join(said)}" if said else line


def _number_of(noun: str, number: int) -> str:
    return f"{number} {noun}" + "s" * (number != 1)
