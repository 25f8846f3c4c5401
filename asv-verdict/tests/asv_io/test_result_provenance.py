"""Every result is stored with its provenance, and a quick or unclean measurement is not stored."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from asv.results import Results, iter_results
from asv.util import ProcessError, UserError

from asv_verdict.asv_io.provenance import last_entry, record_entry
from asv_verdict.measure.provenance import Provenance, saving
from asv_verdict.system import environment_facts

#: Stands in for the benchmarks that ASV lists.
SUITE = SimpleNamespace(benchmark_dir="benchmarks")
NUMPY = {"packages": {"numpy": "2.4.6"}, "cpu": "a processor"}


@pytest.fixture(autouse=True)
def plugin(monkeypatch):
    """Wraps ASV's way to save results for this test, as `Provenance.start` does for the whole process."""
    monkeypatch.setattr(Results, "save", saving(Results.save))


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
    assert Provenance().refusal("benchmarks", quick=False) is None


def test_a_new_file_outside_the_measured_folders_is_allowed(repository):
    (repository / "notes.txt").write_text("measure again\n")
    assert Provenance().refusal("benchmarks", quick=False) is None


def test_a_quick_run_is_refused(repository):
    assert "--quick takes one sample" in Provenance().refusal("benchmarks", quick=True)


def test_a_repository_that_git_cannot_read_is_refused(repository):
    (repository / ".git" / "index").write_text("broken")
    with pytest.raises(UserError, match="git status failed, so the measured code is unknown"):
        Provenance().refusal("benchmarks", quick=False)


def test_outside_a_repository_every_measurement_is_allowed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert Provenance().refusal("benchmarks", quick=False) is None


def test_sessions_are_appended_or_extended(tmp_path):
    sidecar = tmp_path / "result.provenance"
    record_entry(sidecar, NUMPY, "monday")
    record_entry(sidecar, NUMPY, "tuesday")
    record_entry(sidecar, NUMPY | {"cpu": "another"}, "wednesday")
    record_entry(sidecar, NUMPY, "thursday")
    assert json.loads(sidecar.read_text()) == {
        "version": 2,
        "sessions": [
            {"first": "monday", "last": "tuesday", **NUMPY},
            {"first": "wednesday", "last": "wednesday", **NUMPY, "cpu": "another"},
            {"first": "thursday", "last": "thursday", **NUMPY},
        ],
    }
    assert [path.name for path in tmp_path.iterdir()] == ["result.provenance"], "no draft is left"


def test_the_entries_of_version_0_1_are_read_and_extended(tmp_path):
    sidecar = tmp_path / "result.provenance"
    entries = [{"first": "monday", "last": "monday", **NUMPY}]
    sidecar.write_text(json.dumps({"version": 1, "sittings": entries}))
    record_entry(sidecar, NUMPY, "tuesday")
    assert json.loads(sidecar.read_text())["sessions"] == [{"first": "monday", "last": "tuesday", **NUMPY}]


@pytest.mark.parametrize("broken", ['{"sit', "[]", '{"version": 2, "sessions": 3}'])
def test_an_unreadable_provenance_file_is_renamed_and_replaced(tmp_path, broken):
    results = Results({"machine": "desk"}, {}, "0" * 40, 0, "3.11", "env", {})
    results.provenance = NUMPY
    (tmp_path / "desk").mkdir()
    sidecar = tmp_path / "desk" / "00000000-env.provenance"
    sidecar.write_text(broken)
    results.save(str(tmp_path))
    assert (tmp_path / "desk" / "00000000-env.json").exists()
    assert json.loads(sidecar.read_text())["sessions"][0]["cpu"] == "a processor"
    (aside,) = (tmp_path / "desk").glob("00000000-env.provenance.unreadable-*")
    assert aside.read_text() == broken
    assert last_entry(tmp_path / "desk", "0" * 40, "env")["cpu"] == "a processor"


def test_a_missing_provenance_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"00000000-env\.provenance"):
        last_entry(tmp_path, "0" * 40, "env")


def test_asv_does_not_read_the_provenance_file_as_a_result(tmp_path):
    results = Results({"machine": "desk"}, {}, "0" * 40, 0, "3.11", "env-numpy1.2", {})
    results.provenance = NUMPY
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "machine.json").write_text('{"version": 1, "machine": "desk"}')
    results.save(str(tmp_path))
    names = sorted(path.name for path in (tmp_path / "desk").iterdir())
    assert names == ["00000000-env-numpy1.2.json", "00000000-env-numpy1.2.provenance", "machine.json"]
    assert len(list(iter_results(str(tmp_path)))) == 1


def _measure(meanwhile=lambda: None, **options):
    """A result of `run_benchmarks`, wrapped by the plugin; `meanwhile` stands in for the measurement."""

    def run_benchmarks(benchmarks, env, results=None, **options):
        meanwhile()
        return results

    results = Results({"machine": "desk"}, {}, "0" * 40, 0, "3.11", "env", {})
    environment = SimpleNamespace(
        name="env", env_vars={}, installed_commit_hash="", run=lambda *arguments, **options: json.dumps(NUMPY)
    )
    return Provenance().with_facts(run_benchmarks)(SUITE, environment, results, **options)


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

    environment = SimpleNamespace(name="env", env_vars={}, installed_commit_hash="", run=run)
    with pytest.raises(UserError, match="the versions in env cannot be read, so nothing is measured"):
        Provenance().with_facts(pytest.fail)(SUITE, environment)


@pytest.mark.parametrize("name", ["kernel.py", "benchmarks/new.py"])
def test_changed_files_and_new_files_of_the_benchmarks_are_refused_by_name(repository, name):
    (repository / name).write_text("x = 2\n")
    said = Provenance().refusal("benchmarks", quick=False)
    assert said == f"the working tree differs from its commit in {name}"


def test_a_configuration_in_a_subfolder_has_its_own_benchmarks(repository, monkeypatch):
    folder = repository / "suite" / "benchmarks"
    folder.mkdir(parents=True)
    (folder / "kernel.py").touch()
    (repository / "benchmarks" / "new.py").touch()
    subprocess.run(["git", "add", "suite"], check=True)
    subprocess.run(["git", "commit", "-qm", "Add a suite"], check=True)
    monkeypatch.chdir(repository / "suite")
    command = ["git", "rev-parse", "HEAD:suite/benchmarks"]
    tree = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert _measure().provenance["benchmarks"] == tree
    assert Provenance().refusal("benchmarks", quick=False) is None
    (folder / "new.py").touch()
    said = Provenance().refusal("benchmarks", quick=False)
    assert said == "the working tree differs from its commit in suite/benchmarks/new.py"


def test_a_suite_adds_facts_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "more.py").write_text('def facts():\n    return {"devices": ["a device"]}\n')
    script = [environment_facts.__file__, str(tmp_path / "more.py")]
    found = json.loads(subprocess.run([sys.executable, *script], capture_output=True, check=True).stdout)
    assert found["devices"] == ["a device"]
    assert {"python", "packages", "cpu"} <= found.keys()
    commands = []
    environment = SimpleNamespace(
        name="env",
        env_vars={},
        installed_commit_hash="",
        run=lambda command, **options: commands.append(command) or json.dumps(NUMPY),
    )
    measured = Provenance(more_facts=tmp_path / "more.py").with_facts(lambda *arguments: SimpleNamespace())
    measured(SUITE, environment)
    assert commands == [script]


def test_facts_skip_a_broken_installation(monkeypatch):
    nameless = SimpleNamespace(metadata={"Name": None}, version="1")
    named = SimpleNamespace(metadata={"Name": "numpy"}, version="2")
    monkeypatch.setattr(environment_facts.metadata, "distributions", lambda: [nameless, named])
    assert environment_facts.installed_packages() == {"numpy": "2"}


def test_rounds_may_be_interleaved_unless_the_suite_needs_one_run(repository):
    seen = []

    class Command:
        @classmethod
        def run(cls, conf, **options):
            seen.append(options["interleave_rounds"])

    Provenance().refuse_early(Command)
    Command.run(SUITE, interleave_rounds=True)
    assert seen == [True]


@pytest.mark.parametrize("plugin", ["asv_verdict.measure.provenance_plugin", "asv_verdict.measure.installed"])
def test_a_plugin_imports_asv_and_the_standard_library_only(plugin):
    """On a machine that installs nothing, ASV has to find its plugins beside asv and asv_runner."""
    code = (
        "import sys, asv.commands.run, asv.commands.find, asv.results, asv.environment; before = set(sys.modules)\n"
        f"import {plugin}\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['asv_verdict']"
