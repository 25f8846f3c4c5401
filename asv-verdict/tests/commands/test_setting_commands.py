"""Commands from the settings: nothing that they start keeps running."""

import os
import subprocess
import sys
import time

import pytest

from asv_verdict.measure import commands
from asv_verdict.measure.commands import output_of
from asv_verdict.project import BadSetting

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")


def _runs(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _started(path):
    """The process whose id the command writes to a file."""
    while not path.exists() or not path.read_text().strip():
        time.sleep(0.02)
    return int(path.read_text())


@only_linux
def test_a_command_that_takes_too_long_is_stopped_with_its_processes(suite, monkeypatch):
    monkeypatch.setattr(commands, "SECONDS", 3.0)
    with pytest.raises(BadSetting, match=r"the command took more than 3 seconds"):
        output_of(suite.project, "selection_command", "sleep 600 & echo $! > process; wait")
    assert not _runs(_started(suite.root / "process"))


@only_linux
def test_a_command_that_leaves_a_process_is_not_waited_for(suite):
    assert output_of(suite.project, "selection_command", "sleep 600 & echo $! > process; echo core") == "core"
    assert not _runs(_started(suite.root / "process"))


@only_linux
def test_a_killed_night_leaves_no_process_of_a_command(suite):
    suite.commit()
    command = "sleep 600 & echo $! > process; wait"
    code = (
        "from pathlib import Path; from asv_verdict.project import read_project;"
        "from asv_verdict.measure.commands import output_of;"
        f"output_of(read_project(Path('asv.conf.json')), 'selection_command', {command!r})"
    )
    night = subprocess.Popen([sys.executable, "-c", code], cwd=suite.root)
    process = _started(suite.root / "process")
    night.kill()
    night.wait()
    deadline = time.monotonic() + 30
    while _runs(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(process)
