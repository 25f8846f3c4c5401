"""The free memory of this machine, and the peak memory of a program."""

import contextlib
import os


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
    """The peak memory of this process since the gauge was created, above the memory that it held then."""

    def __init__(self) -> None:
        with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as begin:
            begin.write("5")  # resets the peak
        self._idle = _resident_bytes("VmRSS")

    def peak_bytes(self) -> int | None:
        """The peak in bytes, or None if the system does not report it."""
        peak = _resident_bytes("VmHWM")
        return None if peak is None or self._idle is None else peak - self._idle


def _resident_bytes(field: str) -> int | None:
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            found = next(line for line in lines if line.startswith(field))
    except (OSError, StopIteration):
        return None
    return int(found.split()[1]) * 1024
