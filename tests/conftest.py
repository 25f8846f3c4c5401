"""Options that the whole suite shares."""

import os
import time
from pathlib import Path

import pytest

from autodiff_kernels import Case


def pytest_configure(config: pytest.Config) -> None:
    """Give each process that runs tests one core: with several, JAX can hang, and workers wait for each other."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    starts_workers = worker is None and config.getoption("numprocesses", None)
    if hasattr(os, "sched_setaffinity") and not starts_workers:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int((worker or "gw0").removeprefix("gw")) % len(cores)]})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--smallest", action="store_true", help="cells at their smallest size only")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop the larger cells where asked, and keep cells that share compiled pieces on one worker."""
    for item in items:
        case = getattr(item, "callspec", None) and item.callspec.params.get("case")
        if isinstance(case, Case):
            item.add_marker(pytest.mark.xdist_group(f"{case.problem}-{case.backend}-{case.jit}-{case.size}"))
    if config.getoption("--smallest"):
        items[:] = [item for item in items if _is_smallest(item)]


def _is_smallest(item: pytest.Item) -> bool:
    case = getattr(item, "callspec", None) and item.callspec.params.get("case")
    return item.get_closest_marker("slow") is None and (not isinstance(case, Case) or case.size == case.form.sizes[0])


@pytest.fixture
def is_running():
    """Whether a process does something; one that has ended is there until somebody has asked how (Linux)."""
    if not Path("/proc/self/status").exists():
        pytest.skip("what a process does is not known here")

    def running(process):
        try:
            return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False

    return running


@pytest.fixture
def has_ended(is_running):
    """Whether a process ends within ten seconds: the kernel does not end it in the moment in which its parent does."""

    def ended(process):
        deadline = time.monotonic() + 10
        while is_running(process) and time.monotonic() < deadline:
            time.sleep(0.01)
        return not is_running(process)

    return ended
