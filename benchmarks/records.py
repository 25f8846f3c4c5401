"""What the processes of one run of ASV tell each other: JSON files in the folder that ASV lends them for its length."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote


class Recorded:
    """A benchmark whose processes share a folder, since ASV gives one to all that have the same `setup_cache`."""

    def setup_cache(self) -> None:
        """Keep nothing in ASV's own way; the folder is what matters."""


def updated(name: str, update: Callable[[Any], Any]) -> Any:
    """The record of that name after `update`, which gets what an earlier process left, or None.

    What failed in an earlier process of the run fails at once, with its message, and is not tried again for each of its
    quantities and rounds: RuntimeError, or NotImplementedError where `update` raised that.
    """
    path = Path(quote(name, safe="") + ".json")
    earlier = json.loads(path.read_text()) if path.exists() else {"left": None}
    if "unavailable" in earlier:
        raise NotImplementedError(earlier["unavailable"])
    if "failed" in earlier:
        raise RuntimeError(f"{name} failed in an earlier process of this run: {earlier['failed']}")
    path.write_text(json.dumps({"failed": "it did not end in the time that it has"}))
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
