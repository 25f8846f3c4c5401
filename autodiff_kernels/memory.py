"""How much memory this machine has left, and how much a program takes at most."""

import contextlib
import os
import time


def available_bytes() -> int | None:
    """Bytes that a new program can take without swapping, or None where the system does not say."""
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


class PeakGauge:
    """A clock for `build` that reads the peak of this process's memory whenever it is asked for the time.

    So the peak is that of the making and the first call, above what the process had when the gauge was made. Where the
    system does not tell, `peak_bytes` stays None.
    """

    def __init__(self) -> None:
        self._reading = 0.0
        with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as begin:
            begin.write("5")  # the peak begins anew
        self._idle = _resident_bytes("VmRSS")
        self.peak_bytes: int | None = None

    def clock(self) -> float:
        """Seconds, without those that reading the memory takes."""
        now = time.perf_counter()
        told = now - self._reading
        peak = _resident_bytes("VmHWM")
        if peak is not None and self._idle is not None:
            self.peak_bytes = peak - self._idle
        self._reading += time.perf_counter() - now
        return told


def _resident_bytes(field: str) -> int | None:
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            found = next(line for line in lines if line.startswith(field))
    except (OSError, StopIteration):
        return None
    return int(found.split()[1]) * 1024
