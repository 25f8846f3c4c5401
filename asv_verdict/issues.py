"""One issue for each culprit, opened or updated, and one for a night that is broken or stale; by GitHub's own `gh`."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from asv_verdict.nightly import repository_of
from asv_verdict.outcome import State, Verdict
from asv_verdict.report import code, escape, ratio_in_words
from asv_verdict.reports import Night
from asv_verdict.settings import Project

LABEL = "asv-verdict"
#: How many findings stand in an issue.
NAMED = 30
#: How long something may be new and not judged.
STALE = timedelta(days=3)
BROKEN_TITLE = "The nightly measurement is broken"


def publish_issues(
    night: Night | None, *, status: int | None, head: str, now: datetime, say: Callable[[str], None] = print
) -> None:
    """Open or update what the last night gives reason for.

    `status` is what tonight's run ended with, None where it did not come to its end; `head` is the newest commit.
    A quiet night has no report of its own, and what the one before it found is not said again.
    """
    ended = status in {verdict.value for verdict in Verdict}
    if night is None or not ended:
        _post("night", BROKEN_TITLE, "There is no report: tonight's run ended before it could write one.", now, say)
    elif night.content["verdict"] == Verdict.BROKEN.word:
        _post("night", BROKEN_TITLE, _why_broken(night), night.number, say)
    elif status == Verdict.BROKEN.value:
        _post("night", BROKEN_TITLE, "Tonight's run says that it is broken, and has no report.", now, say)
    elif night.head != head and now - datetime.fromisoformat(night.content["started"]) > STALE:
        words = f"Nothing has been judged since {night.content['started']}, and {head[:8]} is new."
        _post("night", BROKEN_TITLE, words, now, say)
    if night is None:
        return
    for culprit, changes in _by_culprit(night).items():
        title = f"Slower since {culprit[:8]}: {night.content['subjects'].get(culprit, '')}"[:200]
        _post(f"culprit-{culprit}", title, _findings(culprit, changes), night.number, say)


def newest_head(project: Project) -> str:
    """The commit that a night would judge now."""
    branch = (project.configuration.get("branches") or ["HEAD"])[0]
    return repository_of(project).commit(branch)


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
        ratio, low, high = (ratio_in_words(number) for number in (change["ratio"], *change["interval"]))
        packages = escape(", ".join(change["packages"]))
        lines.append(f"| {code(change['cell'])} | {ratio} | {low} to {high} | {packages} |")
    if len(changes) > NAMED:
        lines.append(f"\nand {len(changes) - NAMED} more cells")
    if any(len(change["commits"]) > 1 for change in changes):
        lines.append("\nThe culprit is this commit or one before it, back to the last that was measured.")
    return "\n".join(lines)


def _why_broken(night: Night) -> str:
    missing = [f"- {escape(sentence)}" for sentence in (night.content["missing"] + night.content["problems"])[:NAMED]]
    return "\n".join([f"{night.content['measured']} of {night.content['expected']} expected cells.", "", *missing])


def _post(key: str, title: str, body: str, occasion: object, say: Callable[[str], None]) -> None:
    """Update the open issue that has `key` in it, or open one; nothing where one says this `occasion` already."""
    mark, once = (f"<!-- {LABEL}: {words} -->" for words in (key, f"{key} {occasion}"))
    fields = "number,state,body,comments"
    listed = json.loads(_gh("issue", "list", "--label", LABEL, "--state", "all", "--limit", "1000", "--json", fields))
    if any(once in said for issue in listed for said in _all_said(issue)):
        return
    issue = next((issue for issue in listed if issue["state"] == "OPEN" and mark in issue["body"]), None)
    text = f"{body}\n\n{mark}\n{once}\n"
    if issue is None:
        _gh("label", "create", LABEL, "--force", "--description", "found by the nightly measurement")
        say(_gh("issue", "create", "--title", title, "--label", LABEL, "--body-file", "-", given=text))
    else:
        say(_gh("issue", "comment", str(issue["number"]), "--body-file", "-", given=text))


def _all_said(issue: dict[str, Any]) -> list[str]:
    return [issue["body"], *(comment["body"] for comment in issue["comments"])]


def _gh(*command: str, given: str | None = None) -> str:
    done = subprocess.run(["gh", *command], capture_output=True, text=True, input=given, check=False)
    if done.returncode:
        raise OSError(f"gh {' '.join(command[:2])} ended with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()
