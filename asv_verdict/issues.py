"""One issue for each culprit, opened or updated, and one for a night that is broken or stale; by GitHub's own `gh`."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from asv_verdict.outcome import State, Verdict
from asv_verdict.report import code, escape
from asv_verdict.reports import Night

LABEL = "asv-verdict"
#: How many findings stand in an issue.
NAMED = 30


def publish_issues(night: Night | None, *, measured: bool, say: Callable[[str], None] = print) -> None:
    """Open or update what a night gives reason for; `measured` is whether its job came to its end at all."""
    if night is None or not measured or night.content["verdict"] == Verdict.BROKEN.word:
        _post("night", "The nightly measurement is broken", _why_broken(night), say)
    if night is None:
        return
    for culprit, changes in _by_culprit(night).items():
        subject = night.content["subjects"].get(culprit, "")
        _post(f"culprit-{culprit}", f"Slower since {culprit[:8]}: {subject}"[:200], _findings(culprit, changes), say)


def _by_culprit(night: Night) -> dict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for change in night.changes:
        alarms = change["effect"] != "improvement" and not change["accepted"]
        if alarms and change["state"] == State.CONFIRMED.value:
            # Of a range its last commit stands for all.
            found[change["commits"][-1] if change["commits"] else night.head].append(change)
    return dict(found)


def _findings(culprit: str, changes: list[dict[str, Any]]) -> str:
    lines = [f"Confirmed on commit {culprit}.", "", "| cell | new ÷ old | interval | packages |", "|---|---|---|---|"]
    for change in changes[:NAMED]:
        low, high = change["interval"]
        packages = escape(", ".join(change["packages"]))
        lines.append(f"| {code(change['cell'])} | {change['ratio']:.3f} | {low:.3f} to {high:.3f} | {packages} |")
    if len(changes) > NAMED:
        lines.append(f"\nand {len(changes) - NAMED} more cells")
    if any(len(change["commits"]) > 1 for change in changes):
        lines.append("\nThe culprit is this commit or one before it, back to the last that was measured.")
    return "\n".join(lines)


def _why_broken(night: Night | None) -> str:
    if night is None:
        return "There is no report: the job ended before it could write one."
    missing = [f"- {escape(sentence)}" for sentence in (night.content["missing"] + night.content["problems"])[:NAMED]]
    return "\n".join([f"{night.content['measured']} of {night.content['expected']} expected cells.", "", *missing])


def _post(key: str, title: str, body: str, say: Callable[[str], None]) -> None:
    """Update the open issue that has `key` in it, or open one."""
    mark = f"<!-- {LABEL}: {key} -->"
    listed = json.loads(
        _gh("issue", "list", "--label", LABEL, "--state", "open", "--limit", "200", "--json", "number,body")
    )
    number = next((issue["number"] for issue in listed if mark in issue["body"]), None)
    text = f"{body}\n\n{mark}\n"
    if number is None:
        _gh("label", "create", LABEL, "--force", "--description", "found by the nightly measurement")
        say(_gh("issue", "create", "--title", title, "--label", LABEL, "--body-file", "-", given=text))
    else:
        say(_gh("issue", "comment", str(number), "--body-file", "-", given=body))


def _gh(*command: str, given: str | None = None) -> str:
    done = subprocess.run(["gh", *command], capture_output=True, text=True, input=given, check=False)
    if done.returncode:
        raise OSError(f"gh {' '.join(command[:2])} ended with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()
