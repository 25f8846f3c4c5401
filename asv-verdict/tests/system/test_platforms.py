"""Another platform is refused in one sentence by what measures; what only reads works there."""

import subprocess
import sys

import pytest

from asv_verdict.__main__ import main
from initialised import files_of


@pytest.mark.parametrize("command", [["nightly"], ["compare", "a", "b"], ["calibrate"]])
def test_another_platform_is_refused_in_one_sentence(suite, monkeypatch, capsys, command):
    suite.commit()
    before = files_of(suite.root)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert main([command[0], "--config", str(suite.root / "asv.conf.json"), *command[1:]]) == 2
    said = capsys.readouterr().out
    assert said.startswith("broken: the platform darwin is not supported: expected Linux; ")
    assert said.count("\n") == 1
    assert files_of(suite.root) == before


def test_what_only_reads_works_on_any_platform(suite):
    """Also without the modules that Python has on Linux and macOS only."""
    suite.commit()
    suite.night()
    code = """
import sys
import asv.util, asv.step_detect, filelock, matplotlib.pyplot, scipy.stats
sys.platform = "other"
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
from asv_verdict.__main__ import main
options = ["--config", "asv.conf.json", "--machine", "desk"]
sys.exit(main(["status", *options]) or main(["last", *options]) or main(["detect", ".asv/results"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=suite.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
