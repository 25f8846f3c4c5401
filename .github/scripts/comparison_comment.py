"""Print the comment on a pull request: `python comparison_comment.py REPORT HEAD RUN`.

REPORT is the report.json of the comparison, HEAD the commit that GitHub names as the head of the pull request, and RUN
the address of the run. Code of the pull request may have written anything into REPORT. So this script reads it as data,
checks its kind, commits and date, and says in the comment that nobody else has checked the numbers.
"""

from __future__ import annotations

import re
import stat
import sys
from datetime import datetime
from pathlib import Path

import msgspec

from asv_verdict.records.report_file import ReportFile, read_report
from asv_verdict.report.from_file import report_of

#: The most bytes of a report; a report of ten thousand changes is smaller.
LARGEST = 8 * 2**20
#: The most characters of a comment; GitHub allows 65,536.
LONGEST = 60_000
COMMIT = re.compile(r"[0-9a-f]{40}")


def comment(path: Path, head: str, run: str) -> str:
    """The comment on the comparison in `path`; a sentence if there is none or it is not valid."""
    whose = (
        f"Code of this pull request, at commit `{head[:8]}`, measured these numbers and wrote this report. Nobody else "
        f"has checked them. [The run]({run}) has the ratio of every cell."
    )
    if not path.is_symlink() and not path.exists():
        return f"broken: the comparison of `{head[:8]}` ended without a report; [the run]({run}) says why\n"
    try:
        text = report_of(_checked(path, head)).as_markdown()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = re.sub(r"[^\w .,:=()$-]", "?", str(error)[:200])  # it may quote the file
        return f"broken: the report of `{head[:8]}` is not valid: `{reason}`; see [the run]({run})\n"
    return f"{whose}\n\n{_shortened(text)}"


def _checked(path: Path, head: str) -> ReportFile:
    """The report. Raises ValueError or the errors of `read_report` if it is not one of a comparison of `head`."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("expected a regular file")
    if status.st_size > LARGEST:
        raise ValueError(f"{status.st_size} bytes: expected at most {LARGEST}")
    report = read_report(path)
    if report.kind != "comparison":
        raise ValueError(f"kind = {report.kind!r}: expected 'comparison'")
    if set(report.commits) != {"base", "head"} or not all(map(COMMIT.fullmatch, report.commits.values())):
        raise ValueError("commits: expected the hashes of base and head")
    if report.head != head:
        raise ValueError(f"head = {report.head}: expected {head}")
    if datetime.fromisoformat(report.started).isoformat() != report.started:
        raise ValueError("started: expected a time in ISO 8601")
    for change in (*report.changes, *report.repeated):
        if change.baseline != "base" or not all(map(COMMIT.fullmatch, change.commits)):
            raise ValueError("changes: expected base as the baseline, and hashes of commits")
    # The report links its plots, but their files are not published with the comment.
    changes = tuple(msgspec.structs.replace(change, plot="") for change in report.changes)
    return msgspec.structs.replace(report, changes=changes)


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return text[: text.rfind("\n", 0, LONGEST) + 1] + "\nThe rest is omitted because the comment would be too long.\n"


if __name__ == "__main__":
    if len(sys.argv) != 4 or not COMMIT.fullmatch(sys.argv[2]) or not re.fullmatch(r"https://[\w.:/-]+", sys.argv[3]):
        raise SystemExit("usage: python comparison_comment.py REPORT HEAD RUN, with the full hash of HEAD")
    sys.stdout.write(comment(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
