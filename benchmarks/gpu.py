"""Which GPUs a machine has, found without JAX: a backend that is started once cannot be forked any more.

Imports nothing but Python, since it also runs where nothing is installed yet.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

#: What JAX_PLATFORMS, the axis of ASV that devices lie on, may say for a GPU.
_PLATFORMS = ("cuda", "gpu")
#: What is kept of a GPU, and where nvidia-smi tells it. Clocks are as found, and nothing is ever changed.
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
#: Share of a card's memory above which somebody is taken to be on it.
MOST_USED = 0.1


def device() -> str:
    """What this run of the suite measures: `gpu` where JAX_PLATFORMS asks for one, else `cpu`."""
    asked = os.environ.get("JAX_PLATFORMS", "cpu").split(",")[0]
    return "gpu" if asked in _PLATFORMS else "cpu"


def gpus() -> list[dict[str, Any]]:
    """Each NVIDIA GPU with its memory, driver, CUDA, clocks and who is on it; none where nvidia-smi does not answer."""
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
            if one.findtext("type") != "G"  # a display computes nothing
        ]
        found.append({**facts, **shared, "holders": holders})
    return found


@cache
def why_no_gpu() -> str | None:
    """Why there is no GPU to measure on, or None where there is one."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return "CUDA_VISIBLE_DEVICES hides it"
    driver = Path("/proc/driver/nvidia/gpus")  # what the driver has found, without asking the GPU
    if driver.is_dir() and any(driver.iterdir()):
        return None
    return None if gpus() else "nvidia-smi finds none"


def require_gpu() -> None:
    """Raise RuntimeError where a GPU is asked for and there is none, or somebody else computes on it."""
    if reason := why_no_gpu():
        raise RuntimeError(f"JAX_PLATFORMS is {os.environ['JAX_PLATFORMS']}, and there is no GPU here: {reason}")
    if any(map(_is_held, gpus())):
        raise RuntimeError(f"somebody else is on the GPU, so nothing is timed: {state()}")


def _is_held(gpu: dict[str, Any]) -> bool:
    """Whether a process computes on it, or much of its memory is taken, by one that is not seen from here."""
    used, total = (_mebibytes(gpu.get(name, "")) for name in ("used_memory", "memory"))
    return bool(gpu["holders"]) or used > MOST_USED * total


def _mebibytes(text: str) -> float:
    number = text.partition(" ")[0]
    return float(number) if number.replace(".", "", 1).isdigit() else 0.0


def state() -> str:
    """How the GPUs stand now, for whoever wonders why one failed."""
    return "; ".join(
        f"{gpu.get('name', 'GPU')}: {gpu.get('free_memory', '?')} free of {gpu.get('memory', '?')}, "
        f"compute mode {gpu.get('compute_mode', '?')}, held by {', '.join(gpu['holders']) or 'nobody'}"
        for gpu in gpus()
    )


if __name__ == "__main__":
    reason = why_no_gpu()
    print(
        f"No cell on a GPU is measured here: {reason}." if reason else "There is a GPU: `make bench-gpu` measures it."
    )
