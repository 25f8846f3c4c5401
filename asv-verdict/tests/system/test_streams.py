"""Closed and full standard streams, and signals: they never make a command exit with the status of another verdict."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asv_verdict.__main__ import command_line
from asv_verdict.measure.commands import output_of
from asv_verdict.measure.processes import run_until
from asv_verdict.system import streams
from asv_verdict.system.text import Speaker
from synthetic_results import result_file

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /dev/full")
#: `streams` alone loads fast. The script prints how it found its streams to a file.
SCRIPT = """
import runpy, sys
streams = runpy.run_path(sys.argv[1])
streams["open_streams"]()
print("seen"), print("seen", file=sys.stderr)
open(sys.argv[2], "w").write(str([stream.fileno() for stream in (sys.stdout, sys.stderr)]))
"""
WAIT = """
import runpy, signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
runpy.run_path(sys.argv[1])["exit_on_signals"]()
print("begun", flush=True)
time.sleep(60)
"""


def _run(script, *words, redirected=""):
    command = ["bash", "-c", f'exec "$@" {redirected}', "-", sys.executable, "-c", script, streams.__file__, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("redirected", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_opened_on_the_null_device(tmp_path, redirected):
    done = _run(SCRIPT, str(tmp_path / "written"), redirected=redirected)
    assert (done.returncode, done.stderr) == (0, "" if "2>" in redirected else "seen\n")
    assert (tmp_path / "written").read_text() == "[1, 2]"


@only_linux
@pytest.mark.parametrize(("redirected", "status", "said"), [(">&-", 0, ""), ("> /dev/full", 2, "No space left")])
def test_a_verdict_that_cannot_be_printed_is_broken(tmp_path, redirected, status, said):
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "1a2b3c4d-py.json").write_text(
        json.dumps(result_file("1a2b3c4d", 1000, {"b.time_x": [[1.0], [], "1"]}))
    )
    words = f'"{sys.executable}" -m asv_verdict detect "{tmp_path}" {redirected}'
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


class _Full(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")


def test_messages_that_cannot_be_written_stop_nothing(monkeypatch):
    monkeypatch.setattr("sys.stderr", _Full())
    Speaker()("building")


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_command_without_a_traceback(kind):
    command = [sys.executable, "-c", WAIT, streams.__file__]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    process.send_signal(kind)
    assert (process.communicate(timeout=30)[1], process.returncode) == ("", 128 + kind)


def test_a_command_that_a_signal_ended_says_so(monkeypatch, capsys):
    monkeypatch.setattr("asv_verdict.__main__.main", lambda: sys.exit(128 + signal.SIGINT))
    monkeypatch.setattr("asv_verdict.__main__.exit_on_signals", lambda: None)
    with pytest.raises(SystemExit) as ended:
        command_line()
    assert (ended.value.code, capsys.readouterr().err) == (130, "ended by SIGINT\n")


def test_a_signal_that_the_caller_ignores_stays_ignored(monkeypatch):
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.SIG_IGN)
    monkeypatch.setattr(signal, "signal", lambda *arguments: pytest.fail("a handler was set"))
    streams.exit_on_signals()


@pytest.fixture
def typed():
    """A standard input with text that belongs to the caller."""
    reading, writing = os.pipe()
    os.write(writing, b"typed\n")
    os.close(writing)
    saved = os.dup(0)
    os.dup2(reading, 0)
    yield
    assert os.read(0, 100) == b"typed\n"
    os.dup2(saved, 0)
    os.close(saved)
    os.close(reading)


def test_commands_do_not_read_the_standard_input(typed, suite):
    command = [sys.executable, "-S", "-c", "import sys; print(repr(sys.stdin.read()))"]
    assert run_until(command, Path("."), 60).stdout == "''\n"
    assert output_of(suite.project, "selection_command", "cat") == ""
