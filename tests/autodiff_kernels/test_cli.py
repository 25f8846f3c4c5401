"""The command line: the support matrix, a single run, and output for any terminal."""

import os
import re
import shlex
import subprocess
import sys
from importlib import metadata
from itertools import product
from pathlib import Path

import pytest

import autodiff_kernels
from autodiff_kernels import BACKENDS, MODES, PROBLEMS, cells, checking, programs, release, terminal, why_unsupported
from autodiff_kernels.__main__ import main
from autodiff_kernels.matrix import cell_lines, support_matrix

SCRIPT = Path(sys.executable).with_name("autodiff-kernels")
#: A terminal without µ, × and ², whatever the tests run in.
ASCII = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def _python(*arguments, **options):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **options)


def _unwrapped(text):
    return " ".join(text.split())


def test_matrix_has_every_formulation_and_every_reason(capsys):
    assert main(["list"]) == 0
    text = _unwrapped(capsys.readouterr().out)
    for case in cells():
        assert f"{case.problem}, formulation={case.formulation}" in text
        assert _unwrapped(case.definition.summary) in text
        reason = why_unsupported(case)
        assert reason is None or reason in text


def test_matrix_of_one_mode_shows_the_sizes_that_run(capsys):
    assert main(["list", "--problem", "timeline", "--mode", "reverse", "--backend", "jax"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^  reverse  400-4000 \[1\]  400-4000 \[2\]  400-4000  400-4000$", text, re.MULTILINE)
    assert "[1] needs 25.6 GB; the budget is 4 GB" in text
    assert "autograd" not in text


CHOICES = {"problem": PROBLEMS, "backend": BACKENDS, "mode": MODES}


def test_every_line_of_a_list_with_one_filter_fits():
    for filters in [{}, *({name: value} for name, values in CHOICES.items() for value in values)]:
        assert max(map(len, support_matrix(filters))) <= 100, filters
    assert max(map(len, cell_lines({}))) <= 100


@pytest.mark.slow
def test_every_line_of_every_list_fits():
    for values in product(*([None, *names] for names in CHOICES.values())):
        filters = {name: value for name, value in zip(CHOICES, values, strict=True) if value}
        assert max(map(len, support_matrix(filters))) <= 100, filters


def test_cells_are_listed_with_their_reasons(capsys):
    assert main(["list", "--cells", "--problem", "timeline", "--backend", "autograd"]) == 0
    text = capsys.readouterr().out
    lines = re.sub(r"\n +", " ", text).splitlines()
    assert any("timeline/autograd/reverse/m=40000 " in line and "slow: one call takes" in line for line in lines)
    assert any("formulation=cdf" in line and "unsupported: autograd has no forward-mode rule" in line for line in lines)
    assert any(line.startswith("timeline/autograd/forward/m=400 ") and line.endswith("runs") for line in lines)


@pytest.mark.parametrize("case", ["mvn/jax/reverse/n=3", "timeline/autograd/double_reverse/m=400/formulation=cdf"])
def test_run_prints_a_checked_result_and_a_time(case, capsys):
    assert main(["run", case, "--seconds", "0.01"]) == 0
    text = capsys.readouterr().out
    for word in ("case", "result", "error", "against the float64 oracle", "the best of", "build time", "work"):
        assert word in text


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("mvn/jax/revers/n=3", "unknown mode 'revers' for backend 'jax'"),
        ("timeline/jax/reverse/m=40000", "needs 25.6 GB; the budget is 4 GB"),
        ("mvn/autograd/explicit/n=300/noise=0", "increase it"),
        ("mvn/jax/explicit/n=300/noise=0", "increase it"),
        ("gp_fit/autograd/explicit/n=600", "n = 600 for problem 'gp_fit': expected a whole number of at most 521"),
        ("gp_fit/autograd/explicit/n=1", "n = 1 for problem 'gp_fit': expected a whole number of at least 12"),
        ("survival_fit/jax/explicit/n=70", "n = 70 for problem 'survival_fit': expected a whole number of at most 69"),
        (
            "survival_fit/autograd/explicit/n=1",
            "n = 1 for problem 'survival_fit': expected a whole number of at least 15",
        ),
        (f"mvn/jax/reverse/n={10**400}", "expected a whole number of at most"),
        (f"rbf/autograd/reverse/d={'9' * 5000}", "expected a whole number"),
        ("", "expected problem/backend/mode/size"),
        ("////", "unknown problem ''"),
    ],
)
def test_an_invalid_run_prints_an_error_to_standard_error(case, message, capsys):
    assert main(["run", case]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_a_wrong_result_has_a_status_of_its_own(capsys, monkeypatch):
    monkeypatch.setattr(checking, "tolerance", lambda case: -1.0)
    monkeypatch.setattr(programs, "built", {})
    assert main(["run", "rbf/autograd/reverse/d=1"]) == 1
    assert "the result differs from the oracle" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["run", "rbf/autograd/reverse/d=1"], ["compare", "rbf", "--d", "1"]])
@pytest.mark.parametrize("seconds", ["inf", "nan", "0", "-1", "soon", "1e999"])
def test_seconds_are_finite_and_above_zero(command, seconds, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*command, f"--seconds={seconds}"])
    assert stopped.value.code == 2
    assert f"argument --seconds: {seconds!r}: expected a finite number above zero" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["0", "-3", "2.5", "nan", "many"])
def test_sizes_are_whole_and_above_zero(size, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["compare", "rbf", f"--d={size}"])
    assert stopped.value.code == 2
    assert f"argument --d: {size!r}: expected a whole number of at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[sys.executable, "-m", "autodiff_kernels"], [str(SCRIPT)]], ids=["-m", "script"])
def test_both_commands_print_the_version_and_run_on_one_core(command):
    if not Path(command[0]).exists():
        pytest.skip("the console script is not installed: pip install -e .")
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"autodiff-kernels {metadata.version('autodiff-kernels')}\n")
    case = ["run", "rbf/autograd/reverse/d=1", "--seconds", "0.01"]
    done = subprocess.run([*command, *case], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "error" in done.stdout


def test_the_command_starts_again_with_the_same_arguments_on_one_core():
    code = """
import os, sys
from autodiff_kernels import __main__
os.environ.pop("AUTODIFF_KERNELS_ONE_CORE", None)
def execv(path, arguments):
    print(arguments[1:], os.environ["OPENBLAS_NUM_THREADS"], len(os.sched_getaffinity(0)))
os.execv = execv
__main__._restart_on_one_core()
"""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not bind a process to a core")
    done = _python("-c", code, "run", "CASE")
    assert done.stdout.endswith(", 'run', 'CASE'] 1 1\n"), done.stderr


@pytest.mark.parametrize("backend", ["autograd", "jax"])
def test_a_profile_survives_the_restart_on_one_core(backend):
    case = f"rbf/{backend}/reverse/d=1"
    done = _python("-m", "cProfile", "-m", "autodiff_kernels", "run", case, "--seconds", "0.01")
    assert done.returncode == 0, done.stderr
    assert "function calls" in done.stdout
    assert "the best of" in done.stdout


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_no_backend_is_imported_for_help(option):
    code = f"""
import sys
from autodiff_kernels.__main__ import main
try:
    main([{option!r}])
except SystemExit:
    print(sorted({{"jax", "scipy", "autograd"}} & set(sys.modules)))
"""
    assert _python("-c", code).stdout.endswith("[]\n")


def test_the_version_has_one_source(monkeypatch):
    assert autodiff_kernels.__version__ == metadata.version("autodiff-kernels") == release.version()

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert release.version() == "not installed"
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = autodiff_kernels.nothing


def test_a_closed_pipe_ends_the_list_without_an_error():
    command = f"{shlex.quote(sys.executable)} -m autodiff_kernels list --cells | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "status", "shown"),
    [
        (["list", "--problem", "rbf", "--mode", "value"], 0, "RBF kernel"),
        (["list", "--problem", "mvn", "--mode", "value"], 0, "K + noise*I"),
        (["run", "rbf/autograd/explicit/d=1", "--seconds", "0.01"], 0, " us, the best of"),
        (["compare", "rbf", "--d", "1", "--backend", "autograd", "--mode", "explicit", "--seconds", "0.01"], 0, " x "),
        (["run", "rbf/µ²/explicit/d=1"], 2, "unknown backend"),
        (["compare", "rbf", "--d", "µ²"], 2, "expected a whole number"),
        (["list", "×"], 2, "unrecognized arguments"),
        (["--help"], 0, "COMMAND"),
    ],
)
def test_an_ascii_terminal_gets_ascii(arguments, status, shown):
    done = subprocess.run(
        [sys.executable, "-m", "autodiff_kernels", *arguments], capture_output=True, check=False, env=ASCII
    )
    text = (done.stdout + done.stderr).decode("ascii")
    assert done.returncode == status, text
    assert shown in text
    assert "Error" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize(("seconds", "text"), [(2.5, "2.5 s"), (0.0123, "12.3 ms"), (4.2e-6, "4.2 µs"), (5e-9, "5 ns")])
def test_durations_have_units(seconds, text):
    assert terminal.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "about 5 s"), (41, "about 40 s"), (58, "about 1 min"), (100, "about 2 min")]
)
def test_rough_times_are_rounded(seconds, text):
    assert terminal.about(seconds) == text


@pytest.mark.parametrize("moves", [True, False])
def test_progress_overwrites_its_line_on_a_terminal_only(moves, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: moves)
    monkeypatch.setenv("COLUMNS", "12")
    with terminal.progress(2) as show:
        show(1, "a/b")
        show(2, "a/much/longer")
    written = capsys.readouterr().err
    if moves:
        assert written == "\r\x1b[K1 of 2: a/b\r\x1b[K2 of 2: a/m\r\x1b[K"
    else:
        assert written == "1 of 2: a/b\n2 of 2: a/much/longer\n"
