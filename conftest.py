"""Options and fixtures that all tests share, and the summary at the end of a run."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from autodiff_kernels import Case

#: The prefix of the reason if a test is skipped because this machine lacks a program.
NOT_TESTED = "not tested here: "


def pytest_configure(config: pytest.Config) -> None:
    """Pin each process that runs tests to one core: on several cores, JAX can hang and the workers block each other."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A background job ignores SIGINT. Processes that tests start and interrupt would inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    starts_workers = worker is None and config.getoption("numprocesses", None)
    if hasattr(os, "sched_setaffinity") and not starts_workers:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int((worker or "gw0").removeprefix("gw")) % len(cores)]})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--smallest", action="store_true", help="test each cell at its smallest size only")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep cells that share compiled code on one worker, and with --smallest leave out the larger cells."""
    for item in items:
        case = getattr(item, "callspec", None) and item.callspec.params.get("case")
        if isinstance(case, Case):
            item.add_marker(pytest.mark.xdist_group(f"{case.problem}-{case.backend}-{case.jit}-{case.size}"))
    if config.getoption("--smallest"):
        items[:] = [item for item in items if _is_smallest(item)]


def _is_smallest(item: pytest.Item) -> bool:
    case = getattr(item, "callspec", None) and item.callspec.params.get("case")
    return item.get_closest_marker("slow") is None and (not isinstance(case, Case) or case.size == case.form.sizes[0])


@pytest.fixture(scope="session")
def not_tested():
    """A function that skips a test because a program is missing, or fails it if REQUIRE_BROWSER is set."""

    def skip_or_fail(reason):
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(NOT_TESTED + reason)

    return skip_or_fail


@pytest.hookimpl(trylast=True)  # after the coverage table
def pytest_terminal_summary(terminalreporter) -> None:
    """Print which tests were skipped because a program is missing, why, and how to run them."""
    skipped: Counter[str] = Counter()
    files: dict[str, set[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        _, found, reason = str(report.longrepr[-1]).partition(NOT_TESTED)
        if found:
            skipped[reason] += 1
            files.setdefault(reason, set()).add(report.nodeid.partition("::")[0])
    for reason, count in skipped.items():
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(
            f"Not tested: {tests} in {', '.join(sorted(files[reason]))}: {reason}.", yellow=True
        )


@pytest.fixture
def is_running():
    """A function that says whether a process runs. An ended one exists until its parent reads its status (Linux)."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system has no /proc, so the state of a process is unknown")

    def running(process):
        try:
            return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False

    return running


@pytest.fixture
def has_ended(is_running):
    """A function that says whether a process ends within ten seconds: the kernel ends it a moment after its parent."""

    def ended(process):
        deadline = time.monotonic() + 10
        while is_running(process) and time.monotonic() < deadline:
            time.sleep(0.01)
        return not is_running(process)

    return ended
