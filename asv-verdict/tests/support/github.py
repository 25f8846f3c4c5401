"""A synthetic `gh`, and the issues that a night posts with it."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta

import pytest

from asv_verdict.records.past_nights import past_nights
from asv_verdict.report.github_issues import publish_issues

GH = """import json, sys
from pathlib import Path
store = Path({store!r})
issues = json.loads(store.read_text()) if store.exists() else []
words = sys.argv[1:]
if words[:2] == ["api", "graphql"]:
    for issue in issues:
        print(json.dumps({{**issue, "comments": {{"nodes": issue["comments"]}}}}))
elif words[:2] == ["issue", "create"]:
    title = words[words.index("--title") + 1]
    issues.append({{"number": len(issues) + 1, "title": title, "body": sys.stdin.read(), "comments": []}})
    issues[-1] |= {{"state": "OPEN", "viewerDidAuthor": True}}
elif words[:2] == ["issue", "comment"]:
    issues[int(words[2]) - 1]["comments"].append({{"body": sys.stdin.read(), "viewerDidAuthor": True}})
elif words[:2] != ["label", "create"]:
    sys.exit(f"unexpected: {{words}}")
store.write_text(json.dumps(issues))
"""


@pytest.fixture
def issues(tmp_path_factory, monkeypatch):
    """The issues that a synthetic `gh` has stored in a file."""
    folder = tmp_path_factory.mktemp("gh")
    store = folder / "issues.json"
    (folder / "gh.py").write_text(GH.format(store=str(store)))
    # A path with a space cannot follow #!.
    (folder / "gh").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder / "gh.py"}" "$@"\n')
    (folder / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def posted():
        return json.loads(store.read_text()) if store.exists() else []

    posted.store = store
    return posted


def post(suite, **changes):
    """Post the issues of the suite's last night, one minute after it."""
    last = past_nights(suite.project.folder, "desk", [])[-1]
    usual = {
        "machine": "desk",
        "status": last.report.status,
        "head": last.head,
        "now": datetime.now(UTC) + timedelta(minutes=1),
    }
    publish_issues(last, say=lambda sentence: None, **{**usual, **changes})
