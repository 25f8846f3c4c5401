"""The scripts of the workflows, run as a workflow runs them: what measured code has written is only data to them."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

GITHUB = Path(__file__).parent.parent / ".github"
HEAD, BASE, RUN = "a" * 40, "b" * 40, "https://host/owner/name/actions/runs/1"


def _step(workflow, job, name):
    content = yaml.safe_load((GITHUB / "workflows" / workflow).read_text(encoding="utf-8"))
    return next(step for step in content["jobs"][job]["steps"] if step.get("name") == name)


def _run(step, folder, programs, **variables):
    """Run the script of a step with synthetic programs; returns the process and what each program was given."""
    for name, script in programs.items():
        (folder / name).write_text(f'#!/bin/bash\nprintf "%s\\n" "{name}" "$@" >> "{folder}/calls"\n{script}\n')
        (folder / name).chmod(0o755)
    environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), **variables}
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    calls = folder / "calls"
    return done, calls.read_text().splitlines() if calls.exists() else []


@pytest.mark.parametrize(
    ("status", "passed"),
    [("0", "0"), ("3", "3"), ("", ""), ("4", ""), ("137", ""), ("1; touch x", ""), ("$(touch x)", ""), ("1\n--w", "")],
)
def test_a_status_that_no_night_has_counts_as_none(tmp_path, status, passed):
    step = _step(
        "night.yml", "report", "Open an issue for each commit that made a cell slower, and one for a broken night"
    )
    _, calls = _run(step, tmp_path, {"python": ""}, STATUS=status, MACHINE="desk")
    assert calls == ["python", "-m", "asv_verdict", "issues", "--machine", "desk", "--status", passed]
    assert not (tmp_path / "x").exists()


def test_the_token_of_a_push_is_known_to_that_step_and_that_server_alone(tmp_path):
    step = _step("night.yml", "keep", "Push the results branch")
    variables = {
        name: value.replace("${{ github.token }}", "s3cret").replace("${{ github.server_url }}", "https://host")
        for name, value in step["env"].items()
    }
    assert "${{" not in "".join(variables.values())
    ask = "for host in host other; do printf 'protocol=https\\nhost=%s\\n\\n' $host | git credential fill; done"
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_ASKPASS": ""}
    done, calls = _run(step, tmp_path, {"python": ask}, **variables, **quiet)
    assert calls == ["python", "-m", "asv_verdict", "store", "--remote", "origin"]
    assert "host=host\nusername=x-access-token\npassword=s3cret" in done.stdout
    assert done.stdout.count("s3cret") == 1
    assert not any("s3cret" in path.read_text() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("head", ["", "main", HEAD[:39], HEAD.upper(), f'{HEAD}"', f"x\n{HEAD}", "$(touch x)"])
def test_a_head_that_is_no_hash_is_not_looked_up(tmp_path, head):
    step = _step("pull-request-report.yml", "comment", "Post the comment")
    done, calls = _run(step, tmp_path, {"gh": "echo 1"}, HEAD=head, REPOSITORY="owner/name", RUNNER_TEMP=str(tmp_path))
    assert done.returncode != 0
    assert calls == []


@pytest.mark.parametrize("number", ["", "1 2", "--repo", "1; x"])
def test_without_the_number_of_a_pull_request_nothing_is_posted(tmp_path, number):
    step = _step("pull-request-report.yml", "comment", "Post the comment")
    said = {"gh": f"echo '{number}'"}
    done, calls = _run(step, tmp_path, said, HEAD=HEAD, REPOSITORY="owner/name", RUNNER_TEMP=str(tmp_path))
    assert done.returncode != 0
    assert calls.count("gh") == 1


def test_the_comment_goes_to_the_pull_request_that_github_names(tmp_path):
    step = _step("pull-request-report.yml", "comment", "Post the comment")
    said = {"gh": "echo 7"}
    done, calls = _run(step, tmp_path, said, HEAD=HEAD, REPOSITORY="owner/name", RUNNER_TEMP=str(tmp_path))
    assert done.returncode == 0
    assert calls[calls.index("comment") :][:2] == ["comment", "7"]


@pytest.mark.parametrize("wrong", [{"HEAD": "main"}, {"BASE": "--help"}, {"BASE": ""}, {"HEAD": f"{HEAD} x"}])
def test_a_comparison_of_no_hash_is_not_started(tmp_path, wrong):
    step = _step("pull-request.yml", "compare", "Compare")
    files = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    done, _ = _run(step, tmp_path, {}, **{"BASE": BASE, "HEAD": HEAD, **files, **wrong})
    assert done.returncode == 1
    assert not (tmp_path / "comparison").exists()


@pytest.mark.parametrize("status", [0, 1, 3])
def test_a_comparison_hands_over_its_json_and_keeps_its_status(tmp_path, status):
    folder = tmp_path / ".asv/verdict/compared/1-2"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{}")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    step = _step("pull-request.yml", "compare", "Compare")
    files = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    done, _ = _run(step, tmp_path, {".venv/bin/python": f"exit {status}"}, BASE=BASE, HEAD=HEAD, **files)
    assert done.returncode == status
    assert (tmp_path / "comparison/report.json").read_text() == "{}"


def _module(name):
    specification = importlib.util.spec_from_file_location(name, GITHUB / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def artifact(tmp_path):
    """An artifact with one file in each folder, and a file beside it that nobody may read."""
    (tmp_path / "secret").write_text("secret")
    for path in ("results/desk/1.json", "reports/000001-a/report.md", "html/index.html"):
        (tmp_path / "artifact" / path).parent.mkdir(parents=True)
        (tmp_path / "artifact" / path).write_text(path)
    return tmp_path / "artifact"


def _took(artifact, *folders):
    target = artifact.parent / "taken"
    _module("take_artifact").take(artifact, target, list(folders))
    return sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())


def test_the_named_folders_of_an_artifact_are_taken(artifact):
    assert _took(artifact, "results", "reports") == ["reports/000001-a/report.md", "results/desk/1.json"]


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: (folder / "results/desk/2.json").symlink_to(folder.parent / "secret"),
        lambda folder: (folder / "results/other").symlink_to(folder / "html"),
        lambda folder: (folder / "html/link").symlink_to("nowhere"),
        lambda folder: os.mkfifo(folder / "reports/pipe"),
        lambda folder: os.truncate(_written(folder / "results/large.json"), 101 * 2**20),
    ],
    ids=["link to a file", "link to a folder", "link in another folder", "pipe", "large file"],
)
def test_an_artifact_with_more_than_files_is_refused_whole(artifact, make):
    make(artifact)
    with pytest.raises(ValueError, match="expected"):
        _took(artifact, "results", "reports")
    assert not (artifact.parent / "taken").exists()


def _written(path):
    path.write_text("")
    return path


@pytest.mark.parametrize("path", ["results/.git/config", "results/.gitattributes", "reports/.report.json.1.draft"])
def test_hidden_files_of_an_artifact_are_not_taken(artifact, path):
    (artifact / path).parent.mkdir(exist_ok=True)
    _written(artifact / path)
    assert len(_took(artifact, "results", "reports")) == 2


def test_a_missing_artifact_is_a_sentence(tmp_path):
    command = [sys.executable, str(GITHUB / "scripts/take_artifact.py"), "nowhere", str(tmp_path), "results"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "there is no artifact in nowhere\n")


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
    return _module("comparison_comment").comment(path, HEAD, RUN)


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
    assert "is not valid" in _module("comparison_comment").comment(path, HEAD, RUN)


def test_a_comparison_without_a_report_has_a_comment(tmp_path):
    text = _module("comparison_comment").comment(tmp_path / "report.json", HEAD, RUN)
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
