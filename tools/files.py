"""Files that are never half written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def replace_whole(path: Path, content: dict[str, Any]) -> None:
    """Write JSON beside `path` and rename it, so that whatever happens there is the old file or the new one."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
