"""What a result was measured with is written beside it, and nothing quick or unclean becomes a result."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import environment_facts, provenance

ROOT = Path(__file__).parent.parent
NUMPY = {"packages": {"numpy": "2.4.6"}, "cpu": "a processor"}


@pytest.fixture
def repository(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for command in (["init", "-q"], ["config", "user.email", "a@b.c"], ["config", "user.name", "a"]):
        subprocess.run(["git", *command], check=True)
    (tmp_path / "kernel.py").write_text("x = 1\n")
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "commit", "-qm", "Start"], check=True)
    return tmp_path


def test_a_clean_tree_is_measured(repository):
    assert provenance.refusal(quick=False, dry_run=False) is None


@pytest.mark.parametrize("name", ["kernel.py", "benchmarks/new.py"])
def test_a_changed_file_or_a_new_benchmark_is_refused_by_name_unless_nothing_is_kept(repository, name):
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text("x = 2\n")
    assert f"differs from its commit in {name}; add --dry-run" in provenance.refusal(quick=False, dry_run=False)
    assert provenance.refusal(quick=False, dry_run=True) is None


def test_a_note_beside_the_project_is_no_change(repository):
    (repository / "notes.txt").write_text("measure again\n")
    assert provenance.refusal(quick=False, dry_run=False) is None


def test_a_quick_run_is_refused_unless_nothing_is_kept(repository):
    assert "--quick takes one sample" in provenance.refusal(quick=True, dry_run=False)
    assert provenance.refusal(quick=True, dry_run=True) is None


def test_outside_a_repository_nothing_can_be_unclean(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.refusal(quick=False, dry_run=False) is None


def test_sittings_add_up_and_none_is_lost(tmp_path):
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


def test_a_truncated_sidecar_is_left_as_it_is_and_the_result_is_kept(tmp_path, capsys):
    from asv.results import Results

    results = Results({"machine": "desk"}, {}, "0" * 40, 0, "3.11", "env", {})
    results.provenance = NUMPY
    (tmp_path / "desk").mkdir()
    sidecar = tmp_path / "desk" / "00000000-env.provenance"
    sidecar.write_text('{"sit')
    results.save(str(tmp_path))
    assert sidecar.read_text() == '{"sit'
    assert (tmp_path / "desk" / "00000000-env.json").exists()


def test_a_sidecar_lies_beside_its_result_and_asv_does_not_take_it_for_one(tmp_path):
    from asv.results import Results, iter_results

    results = Results({"machine": "desk"}, {}, "0" * 40, 0, "3.11", "env-numpy1.2", {})
    results.provenance = NUMPY
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "machine.json").write_text('{"version": 1, "machine": "desk"}')
    results.save(str(tmp_path))
    names = sorted(path.name for path in (tmp_path / "desk").iterdir())
    assert names == ["00000000-env-numpy1.2.json", "00000000-env-numpy1.2.provenance", "machine.json"]
    assert len(list(iter_results(str(tmp_path)))) == 1


def test_facts_name_what_a_number_depends_on():
    found = json.loads(subprocess.run([sys.executable, environment_facts.__file__], capture_output=True).stdout)
    assert {"jax", "jaxlib", "autograd", "numpy", "scipy"} <= found["packages"].keys()
    assert found["blas"].keys() == {"numpy", "scipy"}
    assert found["cpu"]
    assert found["cpu_cores"] >= 1
    assert found["memory_bytes"] > 2**30
    assert isinstance(found["gpus"], list)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_of_the_blas_are_counted_and_not_believed(monkeypatch, threads):
    import os

    if len(os.sched_getaffinity(0)) < int(threads) and os.cpu_count() < int(threads):
        pytest.skip("this machine has one core")
    command = ["taskset", "-c", f"0-{os.cpu_count() - 1}", sys.executable, environment_facts.__file__]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    found = json.loads(subprocess.run(command, capture_output=True, env=environment, check=True).stdout)
    assert found["blas_threads"] == int(threads)
    assert found["environment_variables"]["OMP_NUM_THREADS"] == threads


def test_a_gpu_is_listed_with_its_driver(monkeypatch):
    answer = subprocess.CompletedProcess([], 0, stdout="NVIDIA H100 PCIe, 81559 MiB, 550.54.15\n")
    monkeypatch.setattr(environment_facts.subprocess, "run", lambda *arguments, **options: answer)
    assert environment_facts._gpus() == [{"name": "NVIDIA H100 PCIe", "memory": "81559 MiB", "driver": "550.54.15"}]


def test_asv_refuses_before_it_measures():
    """Through the command line, since the plugin wraps what ASV may rename."""
    done = subprocess.run(
        [sys.executable, "-m", "asv", "run", "--quick", "HEAD^!"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "--quick takes one sample" in done.stdout + done.stderr
