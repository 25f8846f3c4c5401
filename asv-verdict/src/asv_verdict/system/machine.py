"""Facts about this machine, and the names that a machine can have."""

from __future__ import annotations

import contextlib
import platform
import sys
from pathlib import Path

#: Bytes of the longest name. Common file systems accept 255; the names of files that begin with it add some more.
LONGEST_NAME = 200
#: Names of files next to the folders of the machines.
TAKEN = ("benchmarks.json",)


class BadName(ValueError):
    """A machine cannot have this name."""


class UnsupportedPlatform(RuntimeError):
    """Nothing can be measured on this platform."""


def check_platform() -> None:
    """Raise UnsupportedPlatform unless this is Linux: elsewhere the processes of a killed run would keep running."""
    if sys.platform != "linux":
        raise UnsupportedPlatform(
            f"the platform {sys.platform} is not supported: expected Linux; detect, status and last work everywhere"
        )


def processor() -> str:
    """The model of the processor."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine_name(name: str) -> str:
    """A name that can be a folder of the results. Raises BadName for any other."""
    is_a_folder = name not in ("", ".", "..") and not name.startswith("-") and name == name.strip()
    if not is_a_folder or any(sign in "/\\:" or not sign.isprintable() for sign in name):
        raise BadName(
            f"--machine {name!r}: expected the name of a folder: printable, without / \\ and :, "
            "not . or .., no space at the ends, no dash at the beginning"
        )
    if name in TAKEN:
        raise BadName(f"--machine {name!r}: expected another name, since ASV's results have a file of this one")
    if (length := len(name.encode())) > LONGEST_NAME:
        raise BadName(f"--machine {name[:20]!r}…: expected at most {LONGEST_NAME} bytes, this name has {length}")
    return name
