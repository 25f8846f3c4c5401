"""The free memory of this machine, and the peak memory of a program."""

import contextlib
import os
import time


def available_bytes() -> int | None:
    """Bytes that a new program can allocate without swapping, or None if the system does not report them.

    Without /proc/meminfo, this is the whole memory of the machine.
    """
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            fields = dict(line.split(":", 1) for line in lines)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def gigabytes(count: float) -> str:
    """A number of bytes in GB: three digits below 1,000 GB, whole GB above."""
    return f"{count / 1e9:.3g} GB" if count < 1e12 else f"{count / 1e9:,.0f} GB"


class PeakGauge:
    """A clock for `build` that also records the peak memory of this process at each reading.

    `peak_bytes` is the peak of the build and the first call, above the memory that the process held when the gauge was
    created. It stays None if the system does not report it.
    """

    def __init__(self) -> None:
        self._reading = 0.0
        with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as begin:
            begin.write("5")  # resets the peak
        self._idle = _resident_bytes("VmRSS")
        self.peak_bytes: int | None = None

    def clock(self) -> float:
        """Seconds, excluding the time that it takes to read the memory."""
        now = time.perf_counter()
        elapsed = now - self._reading
        peak = _resident_bytes("VmHWM")
        if peak is not None and self._idle is not None:
            self.peak_bytes = peak - self._idle
        self._reading += time.perf_counter() - now
        return elapsed


def _resident_bytes(field: str) -> int | None:
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            found = next(line for line in lines if line.startswith(field))
    except (OSError, StopIteration):
        return None
    return int(found.split()[1]) * 1024
