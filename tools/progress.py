"""The progress of a run of ASV in one line: percent, current cell and time left."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

#: Seconds between two lines where the output is not a terminal.
PAUSE = 60.0
#: The share of a run after which the line estimates the time left.
FIRST_ESTIMATE = 0.02


@dataclass
class Progress:
    """The progress that the events of tools.reporting_asv report, written to `stream`."""

    stream: TextIO
    #: The line that is shown before the first cell.
    waiting: str
    clock: Callable[[], float] = time.monotonic
    total: int = 0
    done: int = 0
    cell: str = ""
    #: Cells that failed, with their reasons.
    failures: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _begin: float = 0.0
    _shown: float = float("-inf")

    def take(self, event: dict[str, Any]) -> None:
        """Record an event, and show the progress when a cell begins or ends."""
        if "total" in event:
            self.total, self.done, self._begin = event["total"], 0, self.clock()
        elif "warning" in event:
            self.warnings.append(event["warning"])
        elif "begins" in event:
            self.cell = event["begins"]
            self.show()
        elif "ends" in event:
            self.done += 1
            if event["failure"]:
                self.failures[event["ends"]] = event["failure"]
            self.show()

    def line(self) -> str:
        """The line at full length, regardless of the width of the terminal."""
        if not self.total:
            return self.waiting
        share = min(self.done / self.total, 1.0)
        return "  ".join(filter(None, (f"{share:4.0%}", self.cell, self._time_left(share))))

    def _time_left(self, share: float) -> str:
        if share < FIRST_ESTIMATE:
            return ""
        minutes = (self.clock() - self._begin) * (1 / share - 1) / 60
        return f"{minutes:.0f} min left" if minutes >= 1 else "less than 1 min left"

    def show(self) -> None:
        """Replace the line on a terminal; elsewhere print a line every PAUSE seconds."""
        if self.stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            self.stream.write(f"\r\x1b[K{_cut(self.line(), width)}")
            self.stream.flush()
        elif self.clock() - self._shown >= PAUSE:
            self._shown = self.clock()
            print(self.line(), file=self.stream, flush=True)

    def clear(self) -> None:
        """Remove the line from a terminal."""
        if self.stream.isatty():
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def _cut(line: str, width: int) -> str:
    """Cut the middle out of a line that is too long, because the time left is at its end."""
    if len(line) <= width:
        return line
    tail = width // 3
    return f"{line[: width - tail - 1]}…{line[-tail:]}"
