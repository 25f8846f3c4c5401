"""Every result is stored with its provenance, and a quick or unclean measurement is not stored."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import asv.commands.find
import asv.commands.run
import pytest
from asv.results import Results, iter_results
from asv.util import ProcessError, UserError

from tools import environment_facts, provenance

ROOT = Path(__file__).parent.parent
NUMPY = {"packages": {"numpy": "2.4.6"}, "cpu": "a processor"}


@pytest.fixture
def repository(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for command in (["init", "-q"], ["config", "user.email", "a@b.c"], ["config", "user.name", "a"]):
        subprocess.run(["git", *command], check=True)
    (tmp_path / "kernel.py").write_text("x = 1\n")
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "kernel.py").write_text("x = 1\n")
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "commit", "-qm", "Start"], check=True)
    return tmp_path


def test_a_clean_tree_is_measured(repository):
    assert provenance.refusal(quick=False) is None


@pytest.mark.parametrize("name", ["kernel.py", "benchmarks/new.py", "autodiff_kernels/new.py"])
def test_changed_files_and_new_files_in_measured_folders_are_refused_by_name(repository, name):
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text("x = 2\n")
    assert provenance.refusal(quick=False) == f"the working tree differs from its commit in {name}"


def test_a_new_file_outside_the_measured_folders_is_allowed(repository):
    (repository / "notes.txt").write_text("measure again\n")
    assert provenance.refusal(quick=False) is None


def test_a_quick_run_is_refused(repository):
    assert "--quick takes one sample" in provenance.refusal(quick=True)


def test_a_repository_that_git_cannot_read_is_refused(repository):
    (repository / ".git" / "index").write_text("broken")
    with pytest.raises(UserError, match="git status failed, so the measured code is unknown"):
        provenance.refusal(quick=False)


def test_outside_a_repository_every_measurement_is_allowed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.refusal(quick=False) is None


def test_sessions_are_appended_or_extended(tmp_path):
    sidecar = tmp_path / "result.provenance"
    provenance.record_sitting(sidecar, NUMPY, "monday")
    provenance.record_sitting(sidecar, NUMPY, "tuesday")
    provenance.record_sitting(sidecar, NUMPY | {"cpu": "another"}, "wednesday")
    provenance.record_sitting(sidecar, NUMPY, "thursday")
    assert json.loads(sidecar.read_text()) == {
        "version": 1,
        "sittings": [
            {"first": "monday", "last": "tuesday", **NUMPY},
            {"first": "wednesday", "last": "wednesday", **NUMPY, "cpu": "another"},
            {"first": "thursday", "last": "thursday", **NUMPY},
        ],
    }
    assert [path.name for path in tmp_path.iterdir()] == ["result.provenance"], "no draft is left"


@pytest.mark.parametrize("broken", ['{"sit', "[]", '{"sittings": 3}'])
def test_an_unreadable_provenance_file_is_renamed_and_replaced(tmp_path, broken):
    results = Results({"machine": "desk"}, {}, "0" * 40, 0, "3.11", "env", {})
    results.provenance = NUMPY
    (tmp_path / "desk").mkdir()
    sidecar = tmp_path / "desk" / "00000000-env.provenance"
    sidecar.write_text(broken)
    results.save(str(tmp_path))
    assert (tmp_path / "desk" / "00000000-env.json").exists()
    assert json.loads(sidecar.read_text())["sittings"][0]["cpu"] == "a processor"
    (aside,) = (tmp_path / "desk").glob("00000000-env.provenance.unreadable-*")
    assert aside.read_text() == broken
    assert provenance.last_sitting(tmp_path / "desk", "0" * 40, "env")["cpu"] == "a processor"


def test_a_missing_provenance_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"00000000-env\.provenance"):
        provenance.last_sitting(tmp_path, "0" * 40, "env")


def test_asv_does_not_read_the_provenance_file_as_a_result(tmp_path):
    results = Results({"machine": "desk"}, {}, "0" * 40, 0, "3.11", "env-numpy1.2", {})
    results.provenance = NUMPY
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "machine.json").write_text('{"version": 1, "machine": "desk"}')
    results.save(str(tmp_path))
    names = sorted(path.name for path in (tmp_path / "desk").iterdir())
    assert names == ["00000000-env-numpy1.2.json", "00000000-env-numpy1.2.provenance", "machine.json"]
    assert len(list(iter_results(str(tmp_path)))) == 1


def test_provenance_has_every_fact_that_a_time_depends_on():
    found = json.loads(subprocess.run([sys.executable, environment_facts.__file__], capture_output=True).stdout)
    assert {"jax", "jaxlib", "autograd", "numpy", "scipy"} <= found["packages"].keys()
    assert found["blas"].keys() == {"numpy", "scipy"}
    assert found["cpu"]
    assert found["cpu_cores"] >= 1
    assert found["memory_bytes"] > 2**30
    assert isinstance(found["gpus"], list)
    assert found["devices"] == ["cpu: cpu"]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_threads_of_blas_are_counted(monkeypatch, threads):
    import os

    if len(os.sched_getaffinity(0)) < int(threads) and os.cpu_count() < int(threads):
        pytest.skip("this machine has one core")
    command = ["taskset", "-c", f"0-{os.cpu_count() - 1}", sys.executable, environment_facts.__file__]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    found = json.loads(subprocess.run(command, capture_output=True, env=environment, check=True).stdout)
    assert found["blas_threads"] == int(threads)
    assert found["environment_variables"]["OMP_NUM_THREADS"] == threads


def _measure(meanwhile=lambda: None, **options):
    """A result of `run_benchmarks`, wrapped by the plugin; `meanwhile` stands in for the measurement."""

    def run_benchmarks(benchmarks, env, results=None, **options):
        meanwhile()
        return results

    results = Results({"machine": "desk"}, {}, "0" * 40, 0, "3.11", "env", {})
    environment = SimpleNamespace(name="env", env_vars={}, run=lambda *arguments, **options: json.dumps(NUMPY))
    return provenance._with_facts(run_benchmarks)({}, environment, results, **options)


def test_a_result_has_its_provenance(repository):
    tree = subprocess.run(["git", "rev-parse", "HEAD:benchmarks"], capture_output=True, text=True).stdout.strip()
    assert len(tree) == 40
    assert _measure().provenance == {"benchmarks": tree, **NUMPY}


@pytest.mark.parametrize("what", ["edited", "committed", "quick"])
def test_a_measurement_whose_sources_change_is_not_stored(repository, what):

    def meanwhile():
        if what != "quick":
            (repository / "benchmarks" / "kernel.py").write_text("x = 2\n")
        if what == "committed":
            subprocess.run(["git", "commit", "-qam", "Change"], check=True)

    results = _measure(meanwhile, quick=what == "quick")
    with pytest.raises(UserError, match="this measurement is not stored"):
        results.save(str(repository / "results"))
    assert not (repository / "results").exists()


def test_nothing_is_measured_with_unknown_versions(repository):
    def run(*arguments, **options):
        raise ProcessError(["python"], 1, "", "no NumPy")

    environment = SimpleNamespace(name="env", env_vars={}, run=run)
    with pytest.raises(UserError, match="the versions in env cannot be read, so nothing is measured"):
        provenance._with_facts(pytest.fail)({}, environment)


@pytest.mark.parametrize("command", [["run", "--quick", "HEAD^!"], ["continuous", "--quick", "HEAD", "HEAD"]])
def test_asv_refuses_a_quick_run_before_it_measures(command):
    """Run the command line, since the plugin wraps functions that ASV may rename."""
    done = subprocess.run([sys.executable, "-m", "asv", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "--quick takes one sample" in done.stdout + done.stderr


def test_the_rounds_of_a_cell_stay_in_one_run():
    """If ASV interleaved the rounds, each would be a run, and ASV would store the median of the rounds."""
    seen = []

    class Command:
        @classmethod
        def run(cls, conf, **options):
            seen.append(options["interleave_rounds"])

    provenance._refuse_early(Command)
    Command.run(None, interleave_rounds=None, dry_run=True)
    Command.run(None, interleave_rounds=False, dry_run=True)
    assert seen == [False, False]
    with pytest.raises(UserError, match="would store the median of the rounds"):
        Command.run(None, interleave_rounds=True, dry_run=True)


def test_facts_skip_a_broken_installation(monkeypatch):
    nameless = SimpleNamespace(metadata={"Name": None}, version="1")
    named = SimpleNamespace(metadata={"Name": "jax"}, version="2")
    monkeypatch.setattr(environment_facts.metadata, "distributions", lambda: [nameless, named])
    assert environment_facts._packages() == {"jax": "2"}
    started = SimpleNamespace(devices=lambda: (_ for _ in ()).throw(AssertionError()))
    monkeypatch.setitem(sys.modules, "jax", started)
    assert environment_facts._devices() == ["none: no platform of JAX_PLATFORMS starts"]


def test_every_command_of_asv_that_measures_is_wrapped():
    """`asv profile` measures as well, but stores nothing."""
    folder = Path(asv.commands.__file__).parent
    measuring = {path.stem for path in folder.glob("*.py") if "import run_benchmarks" in path.read_text()}
    assert measuring == {"run", "find", "asv_profiling"}
    assert hasattr(asv.commands.run.run_benchmarks, "__wrapped__")
    assert hasattr(asv.commands.find.run_benchmarks, "__wrapped__")
    assert hasattr(asv.commands.run.Run.run, "__wrapped__")
    assert hasattr(asv.commands.find.Find.run, "__wrapped__")
