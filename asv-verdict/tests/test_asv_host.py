"""ASV in one process: a suite is imported once, its rounds stay independent, and a bad cell harms only itself."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from asv_verdict.measure.asv_process import OutOfTime
from asv_verdict.measure.commit_runner import AsvFailed, CommitRunner
from asv_verdict.measure.session import SessionRunner
from asv_verdict.project import read_project

SUITE = """
import os, pathlib, sys, threading, time
HERE = pathlib.Path(os.environ["NOTES"])
with open(HERE / "imports", "a") as file:
    print(os.getpid(), file=file)

class Numbers:
    params = [1, 2]
    version = "1"
    def track_size(self, size):
        return size * 10

class Cached:
    version = "1"
    def setup_cache(self):
        with open(HERE / "caches", "a") as file:
            print(os.getcwd(), file=file)
        pathlib.Path("count").write_text("0")
        return os.getcwd()
    def track_rounds(self, folder):
        count = int(pathlib.Path("count").read_text()) + 1
        pathlib.Path("count").write_text(str(count))
        assert folder == os.getcwd()
        return count

DRAW = int.from_bytes(os.urandom(4), "big")

class Random:
    version = "1"
    def setup_cache(self):
        return int.from_bytes(os.urandom(4), "big")
    def track_cached(self, drawn):
        return drawn
    def track_imported(self, drawn):
        return DRAW
"""


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Makes a repository with a suite, and a session of its commit that forks."""
    root, notes = tmp_path / "project", tmp_path / "notes"
    monkeypatch.setenv("NOTES", str(notes))
    monkeypatch.setenv("HOME", str(tmp_path))
    notes.mkdir()
    processes = []

    def made(suite=SUITE, forks=True, minutes=5.0, html_dir="html", **files):
        (root / "benchmarks").mkdir(parents=True)
        (root / "benchmarks" / "__init__.py").touch()
        for name, text in {"suite": suite, **files}.items():
            (root / "benchmarks" / f"{name}.py").write_text(text)
        content = {
            "version": 1,
            "project": "kernels",
            "repo": ".",
            "environment_type": "installed",
            "html_dir": html_dir,
            "pythons": [f"{sys.version_info.major}.{sys.version_info.minor}"],
            "plugins": [".asv_verdict.measure.installed"],
        }
        (root / "asv.conf.json").write_text(json.dumps(content))
        for words in ("init -q -b main", "config user.email a@b.c", "config user.name a", "add .", "commit -qm Begin"):
            subprocess.run(["git", "-C", str(root), *words.split()], check=True)
        subprocess.run([sys.executable, "-m", "asv", "machine", "--yes", "--machine", "m"], cwd=root, check=True)
        commit = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        runner = CommitRunner(read_project(root / "asv.conf.json"), "m", commit)
        processes.append(runner.process)
        runner.build(tmp_path / "built", 60)
        return SessionRunner([runner], tmp_path / "session", minutes * 60, lambda words: None, forks=forks)

    yield made
    for process in processes:
        process.close()


def lines(name):
    """The lines that the suite wrote into a file."""
    path = os.path.join(os.environ["NOTES"], name)
    return Path(path).read_text().splitlines() if os.path.exists(path) else []


def values(session_runner):
    """The rounds of each cell."""
    (found,) = session_runner.session.values.values()
    return {cell: rounds for (_, cell), rounds in found.items()}


SIZES = ["suite.Numbers.track_size(1)", "suite.Numbers.track_size(2)"]


def test_a_suite_is_imported_once_for_its_list_and_once_for_all_cells_of_a_round(start):
    session_runner = start()
    for _ in range(3):
        session_runner.round([*SIZES, "suite.Cached.track_rounds"])
    assert values(session_runner) == {SIZES[0]: [10] * 3, SIZES[1]: [20] * 3, "suite.Cached.track_rounds": [1] * 3}
    assert len(lines("imports")) == 1 + 3 * 2, "the list, and in each round the forks and setup_cache"


OTHER = """
import os
with open(os.environ["NOTES"] + "/others", "a") as file:
    print(os.getpid(), file=file)

class Other:
    def track_nothing(self):
        return 5
"""


def test_forks_import_only_the_modules_that_the_round_measures(start):
    session_runner = start(other=OTHER, fork_server=OTHER)
    assert len(lines("others")) == 2, "the list of benchmarks imports both"
    session_runner.round(SIZES)
    assert len(lines("others")) == 2
    session_runner.round([*SIZES, "other.Other.track_nothing", "fork_server.Other.track_nothing"])
    assert len(lines("others")) == 4
    assert values(session_runner)["other.Other.track_nothing"][-1] == 5


def test_a_module_that_cannot_be_imported_harms_only_its_own_cells(start):
    """The suite can be imported when ASV lists it, and no more afterwards."""
    session_runner = start(other=OTHER + "assert len(open(file.name).readlines()) == 1\n")
    session_runner.round([*SIZES, "other.Other.track_nothing"])
    assert values(session_runner) == {SIZES[0]: [10], SIZES[1]: [20], "other.Other.track_nothing": [None]}


@pytest.mark.slow
@pytest.mark.parametrize("forks", [True, False])
def test_no_round_has_random_data_of_another(start, forks):
    """Otherwise data that suits one commit would look like a change of the code."""
    session_runner = start(forks=forks)
    cells = ["suite.Random.track_cached", "suite.Random.track_imported"]
    for _ in range(3):
        session_runner.round(cells)
    for rounds in values(session_runner).values():
        assert len(set(rounds)) == 3


@pytest.mark.slow
def test_a_suite_that_writes_files_at_import_leaves_none_in_the_working_tree(start, tmp_path):
    session_runner = start(SUITE + "\npathlib.Path('left').write_text('')\n")
    session_runner.round(SIZES)
    assert values(session_runner) == {SIZES[0]: [10], SIZES[1]: [20]}
    assert not list((tmp_path / "project").glob("left"))


@pytest.mark.slow
def test_an_import_that_leaves_a_process_stops_no_later_round(start, has_ended):
    suite = SUITE + (
        "import subprocess\nif sys.argv[1] == 'run_server':\n"
        "    left = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "    print(left.pid, file=open(HERE / 'left', 'a'))\n"
    )
    session_runner = start(suite, minutes=1.0)
    for _ in range(2):
        session_runner.round(SIZES)
    assert values(session_runner) == {SIZES[0]: [10, 10], SIZES[1]: [20, 20]}
    assert has_ended(int(lines("left")[0]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        ".asv/results/m/1234.json",
        pytest.param("html/index.html", marks=pytest.mark.slow),
        pytest.param("__pycache__/suite.pyc", marks=pytest.mark.slow),
    ],
)
def test_files_that_asv_writes_beside_the_benchmarks_do_not_change_the_suite(start, tmp_path, name):
    session_runner = start(html_dir="benchmarks/html")
    for number in range(2):
        written = tmp_path / "project" / "benchmarks" / name
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(str(number))
        session_runner.round(SIZES)
    assert len(lines("imports")) == 1 + 2, "the list once, and the forks of each round"


def test_a_changed_benchmark_file_is_imported_again(start, tmp_path):
    session_runner = start()
    session_runner.round(SIZES)
    (tmp_path / "project" / "benchmarks" / "suite.py").write_text(SUITE.replace("size * 10", "size * 30"))
    session_runner.round(SIZES)
    assert values(session_runner)[SIZES[0]] == [10, 30]


@pytest.mark.slow
def test_without_forks_each_cell_imports_the_suite(start):
    session_runner = start(forks=False)
    for _ in range(2):
        session_runner.round([*SIZES, "suite.Cached.track_rounds"])
    assert values(session_runner) == {SIZES[0]: [10, 10], SIZES[1]: [20, 20], "suite.Cached.track_rounds": [1, 1]}
    assert len(lines("imports")) == 1 + 2 * (1 + 3), "the list, and in each round setup_cache and each cell"
    assert len(lines("caches")) == 2


TIMED = """
class Times:
    params = [1, 2]
    rounds, repeat, number, warmup_time = 2, 1, 1, 0.0

    def setup(self, size):
        with open(os.environ["NOTES"] + "/visits", "a") as file:
            print(os.environ["TMPDIR"], size, os.getpid(), file=file)

    def time_call(self, size):
        pass
"""


@pytest.mark.slow
def test_runs_take_turns_at_each_visit_of_a_benchmark(start, tmp_path):
    first = start("import os\n" + TIMED).runners.popitem()[1]
    second = CommitRunner(first.project, "m", first.commit)
    session_runner = SessionRunner([first, second], tmp_path / "both", 300.0, lambda words: None, names="ab")
    try:
        assert session_runner.round(["suite.Times.time_call(1)", "suite.Times.time_call(2)"])
    finally:
        second.process.close()
    visits = [line.split() for line in lines("visits")]
    hosts = list(dict.fromkeys(folder for folder, *_ in visits))
    assert len(hosts) == 2
    # ASV calls `setup` for the first time, for each sample and for the warm-up: several lines for each visit.
    seen = [(hosts.index(folder), size) for folder, size, _ in visits]
    turns = [which for which, _ in itertools.groupby(host for host, _ in seen)]
    assert turns == [0, 1, 0, 1], seen
    assert {size for _, size in seen} == {"1", "2"}
    assert all(len(rounds) == 1 for values in session_runner.session.values.values() for rounds in values.values())


BAD = {
    "dies": "os._exit(3)",
    "hangs": "time.sleep(600)",
    "changes its folder": "os.chdir('/')",
    "leaves a thread": "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()",
    "leaves a process": "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)",
    "ends what forked it": "os.kill(os.getppid(), 9); time.sleep(1)",
}
HARMLESS = {"changes its folder", "leaves a thread", "leaves a process"}


@pytest.mark.parametrize(
    "bad", [pytest.param(bad, marks=[] if bad in ("dies", "leaves a process") else pytest.mark.slow) for bad in BAD]
)
def test_a_bad_cell_harms_only_itself(start, has_ended, bad):
    suite = SUITE + (
        "class Bad:\n    version = '1'\n    timeout = 2\n    def track_bad(self):\n"
        f"        print(os.getpid(), file=open(HERE / 'bad', 'a'))\n        {BAD[bad]}\n        return 7\n"
    )
    session_runner = start(suite)
    for _ in range(2):
        session_runner.round([*SIZES, "suite.Bad.track_bad"])
    found = values(session_runner)
    assert [found[cell] for cell in SIZES] == [[10, 10], [20, 20]]
    (rounds,) = (rounds for cell, rounds in found.items() if "Bad" in cell)
    assert rounds == ([7, 7] if bad in HARMLESS else [None, None])
    # Measured by spawn at the second try, the cell ends ASV itself.
    assert (session_runner.session.sentences == []) is (bad != "ends what forked it")
    reason = session_runner.session.why(session_runner.session.commits[0], "suite.Bad.track_bad")
    assert bool(reason) is (bad in {"dies", "hangs"})
    assert all(has_ended(int(line)) for line in lines("bad"))


def test_a_suite_that_cannot_be_forked_is_measured_by_spawn_and_named(start):
    suite = SUITE.replace("return size * 10", "assert os.getpid() == IMPORTED\n        return size * 10")
    session_runner = start(suite + "\nIMPORTED = os.getpid()\n")
    for _ in range(2):
        session_runner.round(SIZES)
    assert values(session_runner) == {SIZES[0]: [10, 10], SIZES[1]: [20, 20]}
    (sentence,) = session_runner.session.sentences
    assert "the suite cannot be forked (suite.Numbers.track_size(1) fails then)" in sentence


@pytest.mark.slow
def test_a_first_cell_that_always_fails_does_not_stop_the_forks(start):
    suite = SUITE.replace("return size * 10", "assert size != 1\n        return size * 10")
    session_runner = start(suite)
    for _ in range(2):
        session_runner.round(SIZES)
    assert values(session_runner) == {SIZES[0]: [None, None], SIZES[1]: [20, 20]}
    assert session_runner.session.sentences == []
    (process,) = (runner.process for runner in session_runner.runners.values())
    assert process.can_fork


@pytest.mark.slow
def test_the_memory_of_a_process_is_not_measured_in_a_forked_one(start):
    suite = SUITE + (
        "IMPORTED = os.getpid()\nclass Memory:\n    version = '1'\n"
        "    def track_same(self):\n        return IMPORTED == os.getpid()\n"
        "    def peakmem_same(self):\n        assert IMPORTED == os.getpid()\n"
    )
    session_runner = start(suite)
    session_runner.round(["suite.Memory.track_same", "suite.Memory.peakmem_same"])
    found = values(session_runner)
    assert found["suite.Memory.track_same"] == [0]
    assert found["suite.Memory.peakmem_same"][0] > 1e6
    assert session_runner.session.sentences == []


@pytest.mark.slow
def test_at_the_deadline_the_process_ends_and_the_next_command_starts_another(start):
    session_runner = start()
    (runner,) = session_runner.runners.values()
    with pytest.raises(OutOfTime):
        runner.run(session_runner.folder, "Numbers", 0.0)
    session_runner.round(SIZES)
    assert values(session_runner)[SIZES[0]] == [10]


def test_an_asv_that_does_not_start_is_named(start, monkeypatch, tmp_path):
    session_runner = start()
    (runner,) = session_runner.runners.values()
    runner.process.close()
    (tmp_path / "host.py").write_text("raise SystemExit('no ASV here')")
    monkeypatch.setattr("asv_verdict.measure.asv_process.ASV_HOST", tmp_path / "host.py")
    with pytest.raises(AsvFailed, match="exited with status 1: no ASV here"):
        runner.run(session_runner.folder, "Numbers", 60.0)


def test_nothing_is_left_among_the_temporary_files(start, tmp_path, monkeypatch):
    (tmp_path / "t").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    monkeypatch.setattr("tempfile.tempdir", None)
    session_runner = start()
    session_runner.round([*SIZES, "suite.Cached.track_rounds"])
    (runner,) = session_runner.runners.values()
    runner.process.close()
    assert list((tmp_path / "t").iterdir()) == []
