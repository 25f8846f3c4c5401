"""ASV in one process: a suite is imported once, and its rounds stay independent."""

import pytest

from asv_verdict.measure.asv_process import OutOfTime
from asv_verdict.measure.commit_runner import AsvFailed
from hosted_suite import SIZES, SUITE, lines, values


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


@pytest.mark.slow
@pytest.mark.parametrize("forks", [True, False])
def test_a_suite_that_asv_forks_is_imported_as_a_whole(start, forks):
    """A module without benchmarks imports what all forks share, such as benchmarks/preimport.py of this repository."""
    note = "import os; open(os.environ['NOTES'] + '/preimports', 'a').write(f'{os.getpid()}\\n')"
    session_runner = start(forks=forks, launch_method="forkserver", preimport=note)
    for _ in range(2):
        session_runner.round(SIZES)
    assert values(session_runner) == {SIZES[0]: [10, 10], SIZES[1]: [20, 20]}
    assert len(lines("preimports")) == len(lines("imports")) == 1 + 2, "the list, and once in each round"


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
