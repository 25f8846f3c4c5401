"""The scripts of the workflows, run as a workflow runs them: what measured code has written is only data to them."""

import os
import subprocess
import sys

import pytest
import yaml

from tests.support.workflow_scripts import BASE, GITHUB, HEAD, module


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
    module("take_artifact").take(artifact, target, list(folders))
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
