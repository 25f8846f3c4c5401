"""Open or update GitHub issues with `gh`: for each cause of a regression, and for broken or missing nights."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from asv_verdict.model import Change, State, Verdict
from asv_verdict.records.past_nights import Night
from asv_verdict.report.markdown import code, escape, ratio_in_words
from asv_verdict.system.text import counted, one_line

LABEL = "asv-verdict"
#: The most findings in one issue.
NAMED = 30
#: How long the newest commit may wait for a verdict.
STALE = timedelta(days=3)
#: How long a command of `gh` may take.
SECONDS = 300.0
#: The issues with LABEL, newest first, each with its newest comments.
QUERY = f"""query($owner: String!, $name: String!, $endCursor: String) {{
  repository(owner: $owner, name: $name) {{
    issues(first: 50, after: $endCursor, labels: ["{LABEL}"], orderBy: {{field: CREATED_AT, direction: DESC}}) {{
      nodes {{
        number state body viewerDidAuthor
        comments(last: 100) {{ nodes {{ body viewerDidAuthor }} }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}"""
JQ = ".data.repository.issues.nodes[]"
BROKEN_TITLE = "The nightly measurement is broken"


def publish_issues(
    night: Night | None,
    *,
    machine: str,
    status: int | None,
    head: str,
    now: datetime,
    say: Callable[[str], None] = print,
) -> None:
    """Open or update the issues of the last night.

    `status` is the exit status of tonight's run, None if it did not finish; `head` is the newest commit. The same
    findings are not posted twice.
    """
    ended = status in {verdict.value for verdict in Verdict}
    broken = partial(_post, f"night on {machine}", f"{BROKEN_TITLE} on {machine}")
    if night is None or not ended:
        broken("There is no report: tonight's run stopped before it could write one.", str(now), say)
    elif night.report.verdict == Verdict.BROKEN.word:
        broken(_why_broken(night), _occasion(night, machine), say)
    elif status != Verdict.PASS.value and (status, head) != (night.report.status, night.head):
        # Python itself exits with 1 if it cannot start.
        broken(f"Tonight's run exited with status {status} without a report.", str(now), say)
    else:
        watch(night, machine=machine, head=head, now=now, say=say)
    if night is None:
        return
    for culprit, changes in _by_culprit(night).items():
        title = one_line(f"Regression since {culprit[:8]}: {night.report.subjects.get(culprit, '')}", 200)
        findings = _findings(culprit, changes, machine)
        # A night that measures the same commit again repeats what an earlier one confirmed there.
        digest = hashlib.sha256(findings.encode()).hexdigest()[:16]
        _post(f"culprit-{culprit}", title, findings, f"{digest} on {machine}", say)


def watch(night: Night | None, *, machine: str, head: str, now: datetime, say: Callable[[str], None] = print) -> None:
    """Open or update the issue on missing nights if `head` is new and the last verdict is older than STALE."""
    if night is None:
        words = f"No night has ever given a verdict; the newest commit is {head[:8]}."
    elif night.head != head and _is_stale(night.report.started, now):
        words = f"The last verdict is from {night.report.started}; the commit {head[:8]} has none yet."
    else:
        return
    _post(f"night on {machine}", f"{BROKEN_TITLE} on {machine}", words, str(now.date()), say)


def _is_stale(started: str, now: datetime) -> bool:
    """Whether a night is older than STALE; also if its report does not say in ISO 8601 when it started.

    A night that is that far in the future had a wrong clock, so its age is unknown.
    """
    try:
        return abs(now - datetime.fromisoformat(started)) > STALE
    except (ValueError, TypeError):  # no date, or a date without a zone
        return True


def _occasion(night: Night, machine: str) -> str:
    return f"{night.number} on {machine}"


def _by_culprit(night: Night) -> dict[str, list[Change]]:
    found: defaultdict[str, list[Change]] = defaultdict(list)
    for change in (*night.changes, *night.report.repeated):
        if change.alarms and change.state is State.CONFIRMED:
            # The last commit of a range represents the whole range.
            found[change.head if change.commits else night.head].append(change)
    return dict(found)


def _findings(culprit: str, changes: list[Change], machine: str) -> str:
    lines = [
        f"Confirmed at commit {culprit}, measured on {escape(machine)}.",
        "",
        "| cell | new ÷ old | 99 % interval | packages |",
        "|---|---|---|---|",
    ]
    for change in changes[:NAMED]:
        ratio, low, high = (ratio_in_words(number) for number in (change.ratio, *change.interval))
        packages = escape(", ".join(change.packages))
        interval = f"{low} to {high}" if change.has_interval else "unknown"
        lines.append(f"| {code(change.cell)} | {ratio} | {interval} | {packages} |")
    if (more := len(changes) - NAMED) > 0:
        lines.append(f"\nand {counted(more, 'more cell')}")
    if any(len(change.commits) > 1 for change in changes):
        lines.append("\nThe cause is this commit or an earlier one that was not measured separately.")
    return "\n".join(lines)


def _why_broken(night: Night) -> str:
    missing = [f"- {escape(sentence)}" for sentence in (*night.report.missing, *night.report.problems)[:NAMED]]
    return "\n".join(
        [f"{night.report.measured} of {night.report.expected} expected cells were measured.", "", *missing]
    )


def _post(key: str, title: str, body: str, occasion: str, say: Callable[[str], None]) -> None:
    """Comment on the open issue that contains `key`, or open one; do nothing if an issue contains this `occasion`."""
    mark, once = (f"<!-- {LABEL}: {words} -->" for words in (key, f"{key} {occasion}"))
    issues = _own_issues()
    if any(once in lines for issue in issues for lines in (issue.lines, *issue.comments)):
        return
    issue = next((issue for issue in issues if issue.is_open and mark in issue.lines), None)
    text = f"{body}\n\n{mark}\n{once}\n"
    if issue is None:
        _gh("label", "create", LABEL, "--force", "--description", "found by the nightly measurement")
        say(_gh("issue", "create", "--title", title, "--label", LABEL, "--body-file", "-", given=text))
    else:
        say(_gh("issue", "comment", str(issue.number), "--body-file", "-", given=text))


@dataclass(frozen=True)
class _Issue:
    """An issue of ours: its lines, and those of our comments on it."""

    number: int
    is_open: bool
    lines: list[str]
    comments: list[list[str]]


def _own_issues() -> list[_Issue]:
    """The issues that this account wrote, with its comments: a mark in the text of anybody else means nothing."""
    owner = ("-F", "owner={owner}", "-F", "name={repo}")
    listed = _gh("api", "graphql", "--paginate", *owner, "-f", f"query={QUERY}", "--jq", JQ)
    return [
        _Issue(
            issue["number"],
            issue["state"] == "OPEN",
            issue["body"].splitlines(),
            [said["body"].splitlines() for said in issue["comments"]["nodes"] if said["viewerDidAuthor"]],
        )
        for issue in map(json.loads, listed.splitlines())
        if issue["viewerDidAuthor"]
    ]


def _gh(*command: str, given: str | None = None) -> str:
    name = f"gh {' '.join(command[:2])}"
    try:
        done = subprocess.run(
            ["gh", *command], capture_output=True, text=True, input=given, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"{name} took more than {SECONDS:g} seconds and was stopped") from None
    if done.returncode:
        reason = one_line(done.stderr) or "it printed no reason"
        raise OSError(f"{name} exited with status {done.returncode}: {reason}")
    return done.stdout.strip()
