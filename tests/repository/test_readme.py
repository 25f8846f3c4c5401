"""README: its length, the order of its sections, and the commands in it."""

import re
import shlex
import subprocess
import sys

import pytest

from autodiff_kernels.__main__ import main
from studies.documents import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    \.venv/bin/autodiff-kernels (.+?)(?: +#.*)?$", README, re.MULTILINE)


def test_readme_is_short():
    assert len(README.split()) <= 800  # as `wc -w` counts


def test_readme_has_its_sections_in_order():
    assert re.findall(r"^## (.+)$", README, re.MULTILINE) == [
        "What we found",
        "Results",
        "Quick start",
        "Measure",
        "Nightly verdict",
        "How it works",
        "Documentation",
        "Project",
    ]


def test_each_finding_has_a_link():
    findings = README.partition("## What we found")[2].partition("## Results")[0]
    bullets = re.split(r"^- ", findings, flags=re.MULTILINE)[1:]
    assert len(bullets) == 5
    assert all(re.search(r"\]\([^)]+\)", bullet) for bullet in bullets)


def test_the_python_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "relative error" in done.stdout


def test_readme_shows_the_first_commands():
    assert [command.split()[0] for command in COMMANDS] == ["list", "run", "compare"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split()[0])
@pytest.mark.slow  # a comparison takes a minute
def test_the_commands_run(command, capsys):
    seconds = [] if command.startswith("list") else ["--seconds", "0.05"]
    assert main([*shlex.split(command), *seconds]) == 0
    assert capsys.readouterr().out


def test_the_make_targets_in_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^    |`)make ([a-z-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
