"""The commands of asv-verdict: help, version, errors, and what `last` and `detect` print."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import asv_verdict
from asv_verdict.__main__ import main
from asv_verdict.model import Verdict
from synthetic_results import result_file

PYPROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))


def _printed(capsys, *words):
    """The output of a command that ends the process."""
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_the_version_has_one_source(capsys):
    assert _printed(capsys, "--version") == f"asv-verdict {asv_verdict.__version__}\n"
    assert PYPROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "asv_verdict.__version__"}
    assert PYPROJECT["project"]["scripts"] == {"asv-verdict": "asv_verdict.__main__:command_line"}


def test_help_lists_the_commands_and_the_exit_statuses(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    said = _printed(capsys, "--help")
    for verdict in Verdict:
        assert f"  {verdict.value}  {verdict.word} " in said
    listed = said.partition("  COMMAND\n")[2].partition("\n\n")[0].splitlines()
    for name, words in (line.split(maxsplit=1) for line in listed):
        assert len(words) > 20
        assert words[0].upper() + words[1:] in _printed(capsys, name, "--help")
    assert {line.split()[0] for line in listed} >= {"nightly", "compare", "status", "last", "store", "fetch", "detect"}


def _command(suite, capsys, *words):
    code = main([words[0], "--config", str(suite.root / "asv.conf.json"), "--machine", "desk", *words[1:]])
    return code, capsys.readouterr().out


def test_last_prints_the_report_or_one_field(suite, capsys):
    suite.commit()
    assert _command(suite, capsys, "last") == (
        2,
        "broken: there is no report for the machine desk yet; run `asv-verdict nightly` first\n",
    )
    suite.night()
    assert _command(suite, capsys, "last")[1].startswith("pass: 16 of 16 expected cells measured\n")
    assert _command(suite, capsys, "last", "--field", "verdict") == (0, "pass\n")
    assert _command(suite, capsys, "last", "--field", "missing") == (0, "[]\n")
    assert _command(suite, capsys, "status")[0] == 0


def test_an_unknown_field_is_an_error_that_lists_the_fields(suite, capsys):
    suite.commit()
    suite.night()
    code, said = _command(suite, capsys, "last", "--field", "nosuch")
    assert code == 2
    assert said.startswith("broken: --field 'nosuch': report.json has no such field; it has: kind, verdict, ")


def test_a_verdict_that_nobody_reads_is_not_a_regression(suite):
    suite.commit()
    suite.night()
    command = [sys.executable, "-m", "asv_verdict", "last", "--config", str(suite.root / "asv.conf.json")]
    with subprocess.Popen([*command, "--machine", "desk"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (2, b"")


def test_no_message_commands_the_terminal(suite, capsys):
    suite.commit()
    code = main(["compare", "--config", str(suite.root / "asv.conf.json"), "--machine", "desk", "\x1b[2J", "HEAD"])
    assert (code, "\x1b" in capsys.readouterr().out) == (2, False)


def test_bad_input_is_broken_and_prints_one_sentence(suite, capsys):
    suite.commit()
    (suite.root / "asv_verdict.toml").write_text("exakt = 1\n")
    code, said = _command(suite, capsys, "nightly")
    assert code == 2
    assert said.startswith("broken: asv_verdict.toml: unknown setting 'exakt'")


def test_detect_lists_level_shifts_of_any_results_folder(tmp_path, capsys):
    folder = tmp_path / "desk"
    folder.mkdir()
    for number in range(20):
        commit = f"{number:08x}".ljust(40, "0")
        values = [1.0 + 0.001 * (number % 3), (1.3 if number >= 12 else 1.0) + 0.001 * (number % 2)]
        content = result_file(commit, 1000 * number, {"b.time_x": [values, [["1", "2"]], "1"]})
        (folder / f"{commit[:8]}-env.json").write_text(json.dumps(content))
    assert main(["detect", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "commits: 20, cells: 2" in said
    assert "+29.9%  1" in said
    assert "b.time_x(2) (last commit before: 0000000b)" in said
    assert "level shifts of cells: 1" in said
    assert main(["detect", str(tmp_path), "--json"]) == 0
    (step,) = json.loads(capsys.readouterr().out)
    assert step["cell"] == "b.time_x(2)"
    assert (step["commit"][:8], step["before"][:8]) == ("0000000c", "0000000b")
    assert main(["detect", str(tmp_path / "nowhere")]) == 2
    assert "no results folder" in capsys.readouterr().out


def test_a_terminal_that_lacks_a_character_does_not_change_the_status(tmp_path):
    command = [sys.executable, "-m", "asv_verdict", "detect", str(tmp_path / "é")]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("broken: no results folder")


@pytest.mark.parametrize("status", ["failure", "-1", "1.0", "٣x"])
def test_the_status_of_a_night_is_a_number_or_empty(suite, capsys, status):
    with pytest.raises(SystemExit):
        main(["issues", f"--status={status}"])
    assert "expected the exit status of a command, or an empty text" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["store", "fetch", "assets", "pictures"])
def test_a_command_without_a_machine_accepts_one_as_before(suite, capsys, command):
    suite.commit()
    words = [command, "--machine", "desk", "--config", str(suite.root / "asv.conf.json")]
    words += ["folder"] if command == "pictures" else []
    with pytest.raises(SystemExit):
        main([*words, "--nosuch"])
    assert "unrecognized arguments: --nosuch" in capsys.readouterr().err
    assert "--machine" not in _printed(capsys, command, "--help")


@pytest.mark.parametrize("words", [["--help"], ["status"], ["last"]])
def test_a_command_that_decides_nothing_imports_neither_scipy_nor_matplotlib(suite, words):
    suite.commit()
    code = (
        "import sys; from asv_verdict.__main__ import main\n"
        f"try: main({words})\n"
        "except SystemExit: pass\n"
        "print(sorted({'scipy', 'matplotlib'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=suite.root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["nightly", "compare", "calibrate"])
def test_an_expression_that_is_none_is_one_sentence(suite, capsys, command):
    suite.commit()
    suite.commit()
    words = ["HEAD~1", "HEAD"] if command == "compare" else []
    code, said = _command(suite, capsys, command, *words, "--bench", "time_(")
    assert code == 2
    assert said.splitlines()[-1].startswith("broken: 'time_(': expected a regular expression for cells")


@pytest.mark.parametrize("command", [["status"], ["detect"]])
def test_no_name_in_a_result_commands_the_terminal(suite, capsys, command):
    suite.benchmarks = {"b.time_\x1b[2J": ("time", "seconds", [["1"]], 1.0)}
    suite.commit()
    suite.night()
    for path in (suite.root / ".asv/results/desk").glob("*-virtualenv-py3.11.json"):
        content = json.loads(path.read_text())
        path.write_text(json.dumps({**content, "env_name": "\x1b[31menv"}))
    main(
        [
            *command,
            *(
                [str(suite.root / ".asv/results")]
                if command == ["detect"]
                else ["--config", str(suite.root / "asv.conf.json")]
            ),
        ]
    )
    assert "\x1b" not in capsys.readouterr().out


def test_last_needs_no_markdown_and_follows_no_link(suite, capsys, tmp_path):
    suite.commit()
    suite.night()
    (path,) = (suite.project.folder / "reports").glob("*/report.md")
    path.unlink()
    (tmp_path / "secret").write_text("a secret")
    path.symlink_to(tmp_path / "secret")
    code, said = _command(suite, capsys, "last")
    assert (code, said.splitlines()[0]) == (0, "pass: 16 of 16 expected cells measured")


def test_a_git_hook_does_not_lead_to_its_own_repository(suite, capsys, monkeypatch, tmp_path):
    suite.commit()
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "other")], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    code, said = _command(suite, capsys, "nightly", "--dry-run")
    assert (code, "head: " in said) == (0, True)


def test_csv_commands_no_terminal(suite, capsys):
    suite.benchmarks = {"b.time_x": ("time", "seconds", [["'\x1b[2J'"]], 1.0)}
    folder = suite.root / ".asv/results"
    for night in range(12):
        commit = suite.commit(factors={".": 2.0} if night == 7 else {})
        suite.runner(suite.project, "desk", commit).run(folder, ".", 60)
        path = next((folder / "desk").glob(f"{commit[:8]}-*.json"))
        path.write_text(json.dumps({**json.loads(path.read_text()), "date": night * 86_400_000}))
    assert main(["detect", str(folder), "--csv"]) == 0
    said = capsys.readouterr().out
    assert len(said.splitlines()) > 1
    assert "\x1b" not in said
