"""Records that the processes of one ASV run share: JSON files in a folder that ASV keeps during the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote


class Recorded:
    """A benchmark whose processes share a folder: ASV gives one to all benchmarks with the same `setup_cache`."""

    def setup_cache(self) -> None:
        """Return nothing for ASV to cache; only the folder is needed."""


def updated(name: str, update: Callable[[Any], Any]) -> Any:
    """Update the record `name` and return it. `update` gets the content from an earlier process, or None.

    A failure is recorded as well: later processes of the run raise its message at once and do not call `update` again.
    They raise NotImplementedError if `update` raised that, else RuntimeError.
    """
    path = Path(quote(name, safe="") + ".json")
    earlier = json.loads(path.read_text()) if path.exists() else {"left": None}
    if "unavailable" in earlier:
        raise NotImplementedError(earlier["unavailable"])
    if "failed" in earlier:
        raise RuntimeError(f"{name} failed in an earlier process of this run: {earlier['failed']}")
    path.write_text(json.dumps({"failed": "it exceeded its timeout"}))
    try:
        left = update(earlier["left"])
    except NotImplementedError as error:
        path.write_text(json.dumps({"unavailable": str(error)}))
        raise
    except Exception as error:
        path.write_text(json.dumps({"failed": repr(error)}))
        raise
    path.write_text(json.dumps({"left": left}))
    return left
