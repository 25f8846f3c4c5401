"""The comment on a pull request that the workflow posts for a comparison."""

import json
import re
import subprocess
import sys

import pytest

from tests.support.workflow_scripts import BASE, GITHUB, HEAD, RUN, module

REPORT = {
    "schema": 2,
    "kind": "comparison",
    "verdict": "pass",
    "status": 0,
    "expected": 5,
    "measured": 5,
    "machine": "desk",
    "commits": {"base": BASE, "head": HEAD},
    "started": "2026-11-01T00:00:00+00:00",
    "changes": [],
}


CHANGE = {
    "cell": "a.time_b(1)",
    "environment": "virtualenv",
    "baseline": "base",
    "effect": "regression",
    "state": "confirmed",
    "ratio": 2.0,
    "interval": [1.9, 2.1],
    "threshold": 0.02,
    "before": 1.0,
    "after": 2.0,
    "base": BASE,
    "plot": "https://elsewhere/x.svg",
}


def _comment(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return module("comparison_comment").comment(path, HEAD, RUN)


def test_a_comment_says_whose_numbers_it_has(tmp_path):
    text = _comment(tmp_path / "report.json", REPORT)
    assert text.startswith(f"Code of this pull request, at commit `{HEAD[:8]}`, measured these numbers")
    assert "5 of 5 expected cells measured" in text
    assert RUN in text


def test_a_comment_has_changes_but_no_links_of_the_report(tmp_path):
    text = _comment(tmp_path / "report.json", {**REPORT, "changes": [CHANGE]})
    assert "a.time_b(1)" in text
    assert "elsewhere" not in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "nightly"},
        {"commits": {"base": BASE, "head": BASE}},
        {"commits": {"head": HEAD}},
        {"commits": {"base": "`[click](https://elsewhere)", "head": HEAD}},
        {"commits": {"base": BASE, "head": HEAD, "[click](https://elsewhere)": BASE}},
        {"started": "[click](https://elsewhere)"},
        {"changes": [{**CHANGE, "baseline": "[click](https://elsewhere)"}]},
        {"changes": [{**CHANGE, "commits": ["`[click](https://elsewhere)"]}]},
        {"repeated": [{**CHANGE, "baseline": "[click](https://elsewhere)"}]},
        {"expected": "`[click](https://elsewhere)"},
        {"changes": {"[click](https://elsewhere)": 1}},
        {"started": "2026-11-01`00:00:00+00:00"},
        {"schema": 99},
        json.dumps(REPORT) + " " * (8 * 2**20),
        "# Approved by the maintainers",
        "[" * 100_000,
        "[]",
        "",
    ],
    ids=lambda wrong: str(wrong)[:60],
)
def test_a_report_that_is_not_valid_is_not_posted(tmp_path, wrong):
    text = _comment(tmp_path / "report.json", wrong if isinstance(wrong, str) else {**REPORT, **wrong})
    assert text.startswith(f"broken: the report of `{HEAD[:8]}` is not valid: `")
    assert len(text.splitlines()) == 1
    assert not {"[click]", "# Approved"} & set(re.findall(r"\[click\]|# Approved", text))


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder"])
def test_a_report_that_is_no_file_is_not_read(tmp_path, kind):
    path, other = tmp_path / "report.json", tmp_path / "other.json"
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(other)
    if kind == "link":
        other.write_text(json.dumps(REPORT))
    assert "is not valid" in module("comparison_comment").comment(path, HEAD, RUN)


def test_a_comparison_without_a_report_has_a_comment(tmp_path):
    text = module("comparison_comment").comment(tmp_path / "report.json", HEAD, RUN)
    assert "ended without a report" in text


def test_a_long_comment_ends_with_a_whole_line(tmp_path):
    changes = [{**CHANGE, "cell": f"a.time_b({number})"} for number in range(3000)]
    text = _comment(tmp_path / "report.json", {**REPORT, "changes": changes})
    assert len(text) < 65_000
    *_, last, empty, left_out = text.splitlines()
    assert last.startswith("| `a.time_b(")
    assert last.endswith("|")
    assert (empty, left_out) == ("", "The rest is omitted because the comment would be too long.")


@pytest.mark.parametrize(
    "arguments", [(HEAD, "javascript:x"), ("main", RUN), (f"{HEAD}\n", RUN), (HEAD, f"{RUN})[x]("), ()]
)
def test_the_command_refuses_a_head_or_an_address_of_another_form(tmp_path, arguments):
    command = [sys.executable, str(GITHUB / "scripts/comparison_comment.py"), str(tmp_path / "x.json"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
