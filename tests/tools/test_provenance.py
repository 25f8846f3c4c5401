"""Provenance of this repository: the facts that concern JAX, and the commands of ASV that the plugin wraps."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import asv.commands.find
import asv.commands.run
import pytest
from asv.util import UserError

from asv_verdict.system import environment_facts as facts
from tools import environment_facts
from tools.provenance import PROVENANCE

ROOT = Path(__file__).parents[2]
FACTS = [sys.executable, facts.__file__, environment_facts.__file__]


@pytest.mark.parametrize("name", ["benchmarks/new.py", "autodiff_kernels/new.py", "studies/new.py"])
def test_new_files_in_measured_folders_are_refused(monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).touch()
    (tmp_path / "notes.txt").touch()
    assert PROVENANCE.refusal("benchmarks", quick=False) == f"the working tree differs from its commit in {name}"


def test_provenance_has_every_fact_that_a_time_depends_on():
    found = json.loads(subprocess.run(FACTS, capture_output=True, check=True).stdout)
    assert {"jax", "jaxlib", "autograd", "numpy", "scipy"} <= found["packages"].keys()
    assert found["blas"].keys() == {"numpy", "scipy"}
    assert found["cpu"]
    assert found["cpu_cores"] >= 1
    assert found["memory_bytes"] > 2**30
    assert isinstance(found["gpus"], list)
    assert found["devices"] == ["cpu: cpu"]


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_threads_of_blas_are_counted(monkeypatch, threads):
    if len(os.sched_getaffinity(0)) < int(threads) and os.cpu_count() < int(threads):
        pytest.skip("this machine has one core")
    command = ["taskset", "-c", f"0-{os.cpu_count() - 1}", *FACTS]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    found = json.loads(subprocess.run(command, capture_output=True, env=environment, check=True).stdout)
    assert found["blas_threads"] == int(threads)
    assert found["environment_variables"]["OMP_NUM_THREADS"] == threads


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

    PROVENANCE.refuse_early(Command)
    Command.run(None, interleave_rounds=None, dry_run=True)
    Command.run(None, interleave_rounds=False, dry_run=True)
    assert seen == [False, False]
    with pytest.raises(UserError, match="would store the median of the rounds"):
        Command.run(None, interleave_rounds=True, dry_run=True)


def test_a_platform_without_a_plugin_is_named(monkeypatch):
    started = SimpleNamespace(devices=lambda: (_ for _ in ()).throw(AssertionError()))
    monkeypatch.setitem(sys.modules, "jax", started)
    assert environment_facts.devices() == ["none: no platform of JAX_PLATFORMS starts"]


def test_every_command_of_asv_that_measures_is_wrapped():
    """`asv profile` measures as well, but stores nothing."""
    folder = Path(asv.commands.__file__).parent
    measuring = {path.stem for path in folder.glob("*.py") if "import run_benchmarks" in path.read_text()}
    assert measuring == {"run", "find", "asv_profiling"}
    assert hasattr(asv.commands.run.run_benchmarks, "__wrapped__")
    assert hasattr(asv.commands.find.run_benchmarks, "__wrapped__")
    assert hasattr(asv.commands.run.Run.run, "__wrapped__")
    assert hasattr(asv.commands.find.Find.run, "__wrapped__")
