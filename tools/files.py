"""Write files atomically."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def replace_whole(path: Path, content: dict[str, Any]) -> None:
    """Write JSON to a draft and rename it to `path`, so that readers see the whole old or the whole new file."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
