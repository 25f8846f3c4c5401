"""The workflows keep tokens away from measured code: rules over their YAML, each with samples that break it."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from asv_verdict.project import Project, Settings
from asv_verdict.records.init import workflows
from tests.support.workflow_rules import (
    RULES,
    actions_are_pinned,
    artifacts_are_data,
    checkouts_keep_no_credentials,
    foreign_values_are_validated,
    jobs,
    permissions_are_declared,
    pull_requests_are_data,
    read,
    scripts_hold_no_expression,
    tokens_are_in_one_step,
    writing_jobs_install_by_hash,
)

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
REQUIREMENTS = ROOT / "asv-verdict/src/asv_verdict/records/starter/requirements.txt"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.y*ml"))
#: The workflows that `asv-verdict init` writes.
STARTERS = workflows(Project(ROOT, "asv.conf.json", {"pythons": ["3.11"]}, Settings()), ROOT)
HASH = "a" * 40


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_keeps_every_rule(path, rule):
    assert rule(read(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", STARTERS)
def test_a_workflow_of_init_keeps_every_rule(name, rule):
    assert rule(read(STARTERS[name])) == []


#: A workflow that keeps every rule; each sample below changes one text of it.
GOOD = f"""
on: workflow_run
permissions: {{}}
env:
  MACHINE: ${{{{ inputs.machine }}}}
jobs:
  push:
    permissions:
      contents: write
    env:
      PYTHONPATH: src
    steps:
      - uses: actions/checkout@{HASH} # v4
        with:
          persist-credentials: false
      - name: install
        run: |
          python -m pip install --require-hashes --only-binary=:all: -r publish.txt
      - uses: actions/download-artifact@{HASH} # v4
        with:
          path: ${{{{ runner.temp }}}}/night
          github-token: ${{{{ github.token }}}}
      - env:
          GITHUB_TOKEN: ${{{{ github.token }}}}
          STATUS: ${{{{ needs.measure.outputs.status }}}}
        run: |
          [[ "$STATUS" =~ ^[0-3]$ ]]
          python -m asv_verdict store
"""
CHECK = '[[ "$STATUS" =~ ^[0-3]$ ]]'
PIP = "python -m pip install --require-hashes --only-binary=:all: -r publish.txt"

BAD = [
    (permissions_are_declared, "permissions: {}\n", ""),
    (permissions_are_declared, "permissions: {}\n", "permissions: write-all\n"),
    (permissions_are_declared, "permissions: {}\n", "permissions:\n  contents: read\n"),
    (permissions_are_declared, "    permissions:\n      contents: write\n", ""),
    (permissions_are_declared, "    permissions:\n      contents: write\n", "    permissions: read-all\n"),
    (permissions_are_declared, "contents: write\n", "contents: write\n      issues: write\n"),
    (scripts_hold_no_expression, CHECK, 'echo "${{ needs.measure.outputs.status }}"'),
    (scripts_hold_no_expression, PIP, "echo ${{ github.event.pull_request.title }}"),
    (scripts_hold_no_expression, PIP, "echo ${{ github.head_ref }}"),
    (scripts_hold_no_expression, "persist-credentials: false", "script: log('${{ github.event.issue.title }}')"),
    (checkouts_keep_no_credentials, "          persist-credentials: false", "          fetch-depth: 0"),
    (checkouts_keep_no_credentials, "persist-credentials: false", "persist-credentials: true"),
    (checkouts_keep_no_credentials, "persist-credentials: false", "persist-credentials: 'false'"),
    (checkouts_keep_no_credentials, "persist-credentials: false", "{persist-credentials: false, token: x}"),
    (actions_are_pinned, f"actions/checkout@{HASH}", "actions/checkout@v4"),
    (actions_are_pinned, f"actions/checkout@{HASH}", "actions/checkout@main"),
    (actions_are_pinned, f"actions/checkout@{HASH}", f"actions/checkout@{HASH[:12]}"),
    (actions_are_pinned, f"actions/checkout@{HASH}", "docker://ubuntu:latest"),
    (writing_jobs_install_by_hash, PIP, "python -m pip install --quiet ./asv-verdict"),
    (writing_jobs_install_by_hash, PIP, "pip install --require-hashes -r publish.txt"),
    (writing_jobs_install_by_hash, PIP, "pip3 install asv"),
    (writing_jobs_install_by_hash, PIP, "make setup"),
    (writing_jobs_install_by_hash, PIP, "npm ci"),
    (writing_jobs_install_by_hash, CHECK, "python -m asv_verdict nightly"),
    (writing_jobs_install_by_hash, CHECK, ".venv/bin/python -m studies.repeatability"),
    (tokens_are_in_one_step, "MACHINE: ${{ inputs.machine }}", "GH_TOKEN: ${{ github.token }}"),
    (tokens_are_in_one_step, "PYTHONPATH: src", "GH_TOKEN: ${{ secrets.GITHUB_TOKEN }}"),
    (tokens_are_in_one_step, "name: install", "env: {T: '${{ github.token }}'}"),
    (tokens_are_in_one_step, "contents: write", "contents: read"),
    (tokens_are_in_one_step, CHECK, PIP),
    (tokens_are_in_one_step, "persist-credentials: false", "token: ${{ secrets.PUSH }}"),
    (tokens_are_in_one_step, "    env:\n      PYTHONPATH: src", "    secrets: inherit"),
    (foreign_values_are_validated, CHECK, "echo checked"),
    (foreign_values_are_validated, CHECK, f'echo "$STATUS"\n          {CHECK}'),
    (foreign_values_are_validated, CHECK, 'test -n "$STATUS"'),
    (foreign_values_are_validated, CHECK, '[[ "$STATUS" =~ [0-3] ]]'),
    (foreign_values_are_validated, "PYTHONPATH: src", "TITLE: ${{ github.event.pull_request.title }}"),
    (foreign_values_are_validated, "          STATUS", "          BRANCH: ${{ github.head_ref }}\n          STATUS"),
    (artifacts_are_data, "path: ${{ runner.temp }}/night", "path: .asv"),
    (artifacts_are_data, "path: ${{ runner.temp }}/night", "name: night"),
    (artifacts_are_data, "path: ${{ runner.temp }}/night", "path: ${{ runner.temp }}/../work"),
    (pull_requests_are_data, "persist-credentials: false", "ref: ${{ github.event.workflow_run.head_sha }}"),
    (pull_requests_are_data, "persist-credentials: false", "repository: fork/name"),
    (pull_requests_are_data, PIP, "gh pr checkout 1"),
    (pull_requests_are_data, PIP, "git fetch origin refs/pull/1/head"),
    (pull_requests_are_data, "on: workflow_run", "on: [pull_request]"),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_good_sample_keeps_every_rule(rule):
    assert rule(read(GOOD)) == []


@pytest.mark.parametrize(("rule", "text", "bad"), BAD)
def test_a_rule_names_each_bad_sample(rule, text, bad):
    assert GOOD.count(text) == 1
    assert rule(read(GOOD.replace(text, bad))) != []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_pinned_action_has_its_version_beside_it(path):
    text = path.read_text(encoding="utf-8")
    versions = re.findall(r"uses: (\S+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text, re.MULTILINE)
    assert len(versions) == len(re.findall(r"uses: [^.\s]", text))


def test_an_action_has_one_version_in_all_workflows():
    text = "\n".join([*(path.read_text(encoding="utf-8") for path in WORKFLOWS), *STARTERS.values()])
    pins = dict(re.findall(r"uses: (\S+)@(\S+ # \S+)", text))
    assert all(f"{name}@{other}" == f"{name}@{pins[name]}" for name, other in re.findall(r"uses: (\S+)@(.+)", text))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_caller_grants_what_the_called_jobs_need_and_no_more(path):
    for _, job in jobs(read(path.read_text(encoding="utf-8"))):
        if "uses" not in job:
            continue
        needed = {}
        for _, called in jobs(read((ROOT / job["uses"]).read_text(encoding="utf-8"))):
            for name, value in called["permissions"].items():
                needed[name] = max(value, needed.get(name, ""))  # "write" comes after "read"
        assert job["permissions"] == needed


# The packages of the jobs that hold a token.


def _pins():
    text = REQUIREMENTS.read_text(encoding="utf-8").replace("\\\n", "")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_every_requirement_has_one_version_and_its_hashes():
    for line in _pins():
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( +--hash=sha256:[0-9a-f]{64})+", line), line


def test_the_requirements_name_no_registry():
    assert not re.search(r"://|--(extra-)?index|--find-links", REQUIREMENTS.read_text())


def test_the_requirements_satisfy_asv_verdict():
    pinned = dict(line.split()[0].split("==") for line in _pins())
    with (ROOT / "asv-verdict" / "pyproject.toml").open("rb") as stream:
        needed = map(Requirement, tomllib.load(stream)["project"]["dependencies"])
    wrong = [str(one) for one in needed if one.name not in pinned or not one.specifier.contains(pinned[one.name])]
    assert wrong == [], f"the first lines of {REQUIREMENTS} have the command that renews it"
