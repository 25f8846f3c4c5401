"""Find the GPUs of a machine without JAX, since a process cannot be forked once its backend has started.

This module imports the standard library only, since it also runs before anything is installed.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

#: Values of JAX_PLATFORMS, a variable in ASV's environment matrix, that mean a GPU.
_PLATFORMS = ("cuda", "gpu")
#: The recorded facts of a GPU, with their path in the output of nvidia-smi. The suite never changes a setting.
_FACTS = {
    "name": "product_name",
    "memory": "fb_memory_usage/total",
    "used_memory": "fb_memory_usage/used",
    "free_memory": "fb_memory_usage/free",
    "performance_state": "performance_state",
    "clock": "clocks/sm_clock",
    "largest_clock": "max_clocks/sm_clock",
    "memory_clock": "clocks/mem_clock",
    "power_limit": "gpu_power_readings/current_power_limit",
    "compute_mode": "compute_mode",
    "mig": "mig_mode/current_mig",
    "ecc": "ecc_mode/current_ecc",
}
#: A GPU with more than this share of its memory in use counts as used by another process.
MOST_USED = 0.1


def device() -> str:
    """The device that this run measures: `gpu` if JAX_PLATFORMS asks for one, else `cpu`."""
    asked = os.environ.get("JAX_PLATFORMS", "cpu").split(",")[0]
    return "gpu" if asked in _PLATFORMS else "cpu"


def gpus() -> list[dict[str, Any]]:
    """Each NVIDIA GPU with memory, driver, CUDA, clocks and processes; empty if nvidia-smi does not answer."""
    try:
        told = subprocess.run(["nvidia-smi", "-q", "-x"], capture_output=True, text=True, check=True, timeout=60).stdout
        log = ElementTree.fromstring(told)
    except (OSError, subprocess.SubprocessError, ElementTree.ParseError):
        return []
    shared = {"driver": log.findtext("driver_version", ""), "cuda": log.findtext("cuda_version", "")}
    found = []
    for gpu in log.findall("gpu"):
        facts = {name: text for name, path in _FACTS.items() if (text := gpu.findtext(path)) not in (None, "N/A")}
        holders = [
            f"{one.findtext('process_name', '?')} ({one.findtext('used_memory', '?')})"
            for one in gpu.findall("processes/process_info")
            if one.findtext("type") != "G"  # a display does not compute
        ]
        found.append({**facts, **shared, "holders": holders})
    return found


@cache
def why_no_gpu() -> str | None:
    """The reason why there is no GPU to measure on, or None if there is one."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return "CUDA_VISIBLE_DEVICES hides all GPUs"
    driver = Path("/proc/driver/nvidia/gpus")  # what the driver has found; reading it does not touch the GPU
    if driver.is_dir() and any(driver.iterdir()):
        return None
    return None if gpus() else "nvidia-smi finds no GPU"


def require_gpu() -> None:
    """Raise RuntimeError if there is no GPU, or if it is in use. Call this only if a GPU is requested."""
    if reason := why_no_gpu():
        raise RuntimeError(f"JAX_PLATFORMS is {os.environ['JAX_PLATFORMS']}, but there is no GPU here: {reason}")
    if any(map(_is_held, gpus())):
        raise RuntimeError(
            f"the GPU is in use, so nothing is timed; end the process that uses it and measure again: {state()}"
        )


def _is_held(gpu: dict[str, Any]) -> bool:
    """Whether a process computes on the GPU, or uses much of its memory without being visible from here."""
    used, total = (_mebibytes(gpu.get(name, "")) for name in ("used_memory", "memory"))
    return bool(gpu["holders"]) or used > MOST_USED * total


def _mebibytes(text: str) -> float:
    number = text.partition(" ")[0]
    return float(number) if number.replace(".", "", 1).isdigit() else 0.0


def state() -> str:
    """The state of the GPUs now, for the message of a failed cell."""
    return "; ".join(
        f"{gpu.get('name', 'GPU')}: {gpu.get('free_memory', '?')} free of {gpu.get('memory', '?')}, "
        f"compute mode {gpu.get('compute_mode', '?')}, used by {', '.join(gpu['holders']) or 'no visible process'}"
        for gpu in gpus()
    )


if __name__ == "__main__":
    reason = why_no_gpu()
    print(
        f"GPU cells are skipped: {reason}." if reason else "This machine has a GPU: measure it with `make bench-gpu`."
    )
