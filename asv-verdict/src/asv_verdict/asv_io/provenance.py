"""Files NAME.provenance next to ASV's results NAME.json: what each result was measured with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from asv_verdict.system.files import replace_whole


def record_entry(sidecar: Path, entry: dict[str, Any], now: str) -> None:
    """Add an entry to `sidecar`, or extend its last entry if the facts are the same.

    A file that cannot be read is renamed, with a warning.
    """
    try:
        entries = _entries(sidecar)
        last = {key: value for key, value in entries[-1].items() if key not in ("first", "last")} if entries else {}
    except FileNotFoundError:
        entries, last = [], {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        aside = sidecar.with_name(f"{sidecar.name}.unreadable-{now.replace(':', '')}")
        sidecar.rename(aside)
        from asv.console import log  # not at load: `detect` needs no ASV

        log.warning(f"{sidecar.name} cannot be read ({error!r}) and is renamed to {aside.name}")
        entries, last = [], {}
    if last == entry:
        entries[-1]["last"] = now
    else:
        entries.append({"first": now, "last": now, **entry})
    replace_whole(sidecar, json.dumps({"version": 2, "sessions": entries}, indent=1))


def last_entry(folder: Path, commit: str, environment: str) -> dict[str, Any]:
    """The newest entry of a commit and environment in the folder of a machine.

    Raises FileNotFoundError if there is none.
    """
    from asv.results import get_filename

    return newest_entry((folder / get_filename("", commit, environment)).with_suffix(".provenance"))


def newest_entry(sidecar: Path) -> dict[str, Any]:
    """The newest entry of a file. Raises FileNotFoundError, and other errors if the file is damaged."""
    return _entries(sidecar)[-1]


def _entries(sidecar: Path) -> list[dict[str, Any]]:
    """The entries of a file. Version 1 of the format calls them `sittings`."""
    content = json.loads(sidecar.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["sessions" if "sessions" in content else "sittings"]
    return found
