"""The suite finds GPUs without JAX, and reports a requested GPU that is missing before it starts a backend."""

import subprocess
import sys
from pathlib import Path

import pytest

from autodiff_kernels import Case
from benchmarks import device, gpu, rates
from benchmarks.processes import ProcessFailed
from benchmarks.rows import known_case
from tools import asv_runs, environment_facts

ROOT = Path(__file__).parents[2]
#: An extract of the output of nvidia-smi.
LOG = """<?xml version="1.0" ?>
<nvidia_smi_log>
  <driver_version>580.159.04</driver_version>
  <cuda_version>13.0</cuda_version>
  <gpu id="00000000:00:06.0">
    <product_name>NVIDIA H200</product_name>
    <mig_mode><current_mig>Disabled</current_mig></mig_mode>
    <performance_state>P0</performance_state>
    <fb_memory_usage><total>143771 MiB</total><used>141000 MiB</used><free>2156 MiB</free></fb_memory_usage>
    <compute_mode>Default</compute_mode>
    <ecc_mode><current_ecc>N/A</current_ecc></ecc_mode>
    <gpu_power_readings><current_power_limit>700.00 W</current_power_limit></gpu_power_readings>
    <clocks><sm_clock>345 MHz</sm_clock><mem_clock>3201 MHz</mem_clock></clocks>
    <max_clocks><sm_clock>1980 MHz</sm_clock></max_clocks>
    <processes>
      <process_info>
        <type>C</type><process_name>train.py</process_name><used_memory>141000 MiB</used_memory>
      </process_info>
      <process_info><type>G</type><process_name>Xorg</process_name><used_memory>4 MiB</used_memory></process_info>
    </processes>
  </gpu>
</nvidia_smi_log>"""


@pytest.fixture
def answers(monkeypatch):
    """Replaces the output of nvidia-smi, on a machine without the driver's folder."""

    def tell(text=None):
        def run(*arguments, **options):
            if text is None:
                raise FileNotFoundError("nvidia-smi")
            return subprocess.CompletedProcess([], 0, stdout=text)

        monkeypatch.setattr(gpu.subprocess, "run", run)
        monkeypatch.setattr(gpu.Path, "is_dir", lambda path: False)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        gpu.why_no_gpu.cache_clear()

    yield tell
    gpu.why_no_gpu.cache_clear()


def test_the_facts_of_a_gpu_are_read_from_nvidia_smi(answers):
    answers(LOG)
    (found,) = gpu.gpus()
    assert found == {
        "name": "NVIDIA H200",
        "memory": "143771 MiB",
        "used_memory": "141000 MiB",
        "free_memory": "2156 MiB",
        "performance_state": "P0",
        "clock": "345 MHz",
        "largest_clock": "1980 MHz",
        "memory_clock": "3201 MHz",
        "power_limit": "700.00 W",
        "compute_mode": "Default",
        "mig": "Disabled",
        "driver": "580.159.04",
        "cuda": "13.0",
        "holders": ["train.py (141000 MiB)"],
    }
    assert gpu.why_no_gpu() is None
    assert gpu.state() == (
        "NVIDIA H200: 2156 MiB free of 143771 MiB, compute mode Default, used by train.py (141000 MiB)"
    )
    assert environment_facts.known_gpus() == [found]


@pytest.mark.parametrize(
    "text", [None, "No devices were found\n", LOG.replace("gpu id", "gpu2 id").replace("</gpu>", "</gpu2>")]
)
def test_a_missing_gpu_has_a_reason(answers, text, monkeypatch):
    answers(text)
    assert gpu.gpus() == []
    assert gpu.why_no_gpu() == "nvidia-smi finds no GPU"
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    with pytest.raises(RuntimeError, match="JAX_PLATFORMS is cuda, but there is no GPU here: nvidia-smi finds no GPU"):
        gpu.require_gpu()


def test_a_hidden_gpu_is_missing(answers, monkeypatch):
    answers(LOG)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu.why_no_gpu() == "CUDA_VISIBLE_DEVICES hides all GPUs"


def test_the_folder_of_the_driver_is_enough(answers, monkeypatch, tmp_path):
    answers(None)
    (tmp_path / "0000:00:06.0").mkdir()
    monkeypatch.setattr(gpu.Path, "is_dir", lambda path: True)
    monkeypatch.setattr(gpu.Path, "iterdir", lambda path: iter([tmp_path]))
    assert gpu.why_no_gpu() is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, "cpu"),
        ("cpu", "cpu"),
        ("cuda", "gpu"),
        ("gpu", "gpu"),
        ("cuda,cpu", "gpu"),
        ("rocm", "cpu"),
        ("cpu,cuda", "cpu"),
    ],
)
def test_jax_platforms_selects_the_device(monkeypatch, asked, expected):
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    if asked:
        monkeypatch.setenv("JAX_PLATFORMS", asked)
    assert gpu.device() == expected
    assert known_case(problem="rbf", backend="jax", mode="reverse", size=1).device == expected


def test_one_line_reports_that_no_gpu_cell_is_measured():
    code = "import runpy, sys; runpy.run_module('benchmarks.gpu', run_name='__main__'); print('jax' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"CUDA_VISIBLE_DEVICES": "", "PATH": ""},
    )
    assert done.stdout == "GPU cells are skipped: CUDA_VISIBLE_DEVICES hides all GPUs.\nFalse\n"


def test_a_requested_gpu_that_is_missing_ends_the_command(answers):
    answers(None)
    asv_runs.why_no_gpu.cache_clear()
    with pytest.raises(SystemExit, match="There is no GPU to measure on: nvidia-smi finds no GPU"):
        asv_runs.installed("cuda")


@pytest.mark.parametrize(
    ("log", "held"),
    [
        (LOG, True),
        (LOG.replace("<type>C</type>", "<type>G</type>"), True),  # its memory shows it
        (LOG.replace("<type>C</type>", "<type>G</type>").replace("<used>141000", "<used>700"), False),
        (LOG.replace("<used>141000 MiB", "<used>N/A"), True),  # its process shows it
    ],
)
def test_nothing_is_timed_on_a_gpu_that_another_process_uses(answers, monkeypatch, log, held):
    answers(log)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    monkeypatch.setattr(device, "in_forked_process", lambda function: "measured")
    case = Case.parse("rbf/jax/reverse/d=1/device=gpu")
    if held:
        with pytest.raises(
            RuntimeError,
            match="the GPU is in use, so nothing is timed; "
            "end the process that uses it and measure again: NVIDIA H200: 2156",
        ):
            device.measured(case)
    else:
        assert device.measured(case) == "measured"


def test_a_missing_gpu_fails_a_cell_before_any_process_is_forked(answers, monkeypatch):
    answers(None)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    monkeypatch.setattr(device, "in_forked_process", lambda function: pytest.fail("a backend was asked"))
    with pytest.raises(RuntimeError, match="there is no GPU here"):
        device.measured(Case.parse("rbf/jax/reverse/d=1/device=gpu"))
    with pytest.raises(RuntimeError, match="there is no GPU here"):
        rates.GPURate().setup("copy")


def test_a_backend_without_gpu_support_is_unavailable_and_not_failed(answers):
    answers(None)
    with pytest.raises(NotImplementedError, match="autograd runs on cpu only"):
        device.measured(Case.parse("rbf/autograd/reverse/d=1/device=gpu"))


def test_a_failed_cell_reports_the_state_of_the_gpu(answers, monkeypatch):
    answers(LOG)

    monkeypatch.setattr(device.gpu, "require_gpu", lambda: None)

    def fail(function):
        raise ProcessFailed("MemoryError: mvn: on the gpu: Out of memory")

    monkeypatch.setattr(device, "in_forked_process", fail)
    with pytest.raises(ProcessFailed, match=r"Out of memory\nState of the GPU: NVIDIA H200: 2156 MiB free .* train.py"):
        device.measured(Case.parse("rbf/jax/reverse/d=1/device=gpu"))
