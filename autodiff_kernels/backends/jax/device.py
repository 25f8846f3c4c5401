"""Measurements of a program on a GPU: the time for which the device is busy, and its peak memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax

from autodiff_kernels.backends.base import OnDevice


def on_device(start: Callable[[], jax.Array], device: jax.Device) -> OnDevice | None:
    """The measurements of a program; `start` queues one call of it on the device. None on the CPU."""
    if device.platform == "cpu":
        return None
    return OnDevice(start, lambda calls: busy_seconds(start, calls), lambda: _peak_bytes(device))


def _peak_bytes(device: jax.Device) -> int | None:
    """The peak device memory of this process, or None if JAX's allocator does not report it."""
    statistics = device.memory_stats() or {}
    peak: int | None = statistics.get("peak_bytes_in_use")
    return peak


def busy_seconds(start: Callable[[], jax.Array], calls: int) -> float:
    """Seconds for which a call keeps the device busy, from the events of the device, averaged over a queue of `calls`.

    Raises NotImplementedError if JAX cannot read its own profile, or the profile has no events of the device.
    """
    reader = getattr(jax.profiler, "ProfileData", None)
    if reader is None:
        raise NotImplementedError(
            "this JAX cannot read its own profiles: install a release with jax.profiler.ProfileData"
        )
    with TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            for _ in range(calls):
                last = start()  # keeps one result at a time: a queue of large ones would fill the device
            last.block_until_ready()
        found = next(Path(folder).rglob("*.xplane.pb"), None)
        events = events_of(reader.from_file(str(found))) if found else []
    if not events:
        raise NotImplementedError(
            "the profile has no events of the device: check that CUPTI, which records them, is installed"
        )
    return union(events) * 1e-9 / calls


def events_of(profile: Any) -> list[tuple[float, float]]:
    """The start and end of each kernel and copy on the device, in nanoseconds."""
    return [
        (event.start_ns, event.start_ns + event.duration_ns)
        for plane in profile.planes
        if plane.name.startswith("/device:GPU")
        for line in plane.lines
        if line.name.startswith("Stream")
        for event in line.events
    ]


def union(intervals: Iterable[tuple[float, float]]) -> float:
    """The total length of `intervals`; an overlap counts once."""
    covered, end = 0.0, -float("inf")
    for begin, stop in sorted(intervals):
        covered += max(stop - max(begin, end), 0)
        end = max(end, stop)
    return covered
