"""The provenance of figures: machine, processor, versions, dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asv_verdict.asv_io.provenance import last_entry
from asv_verdict.asv_io.results import Result


def provenance_of(results: Sequence[Result], packages: Sequence[str]) -> dict[str, Any]:
    """The provenance of the results of a figure, which are sorted newest first.

    ASV's result files have no library versions. A file NAME.provenance next to a result has them, in a list
    `sessions`. The page shows the last entry for the newest result. `packages` are the packages that it always shows.
    """
    newest = results[0]
    facts = _last_entry(newest)
    versions = facts.get("packages") or {}
    return {
        "machine": newest.machine,
        "environment": newest.environment,
        "cpu": str(facts.get("cpu", "")),
        "system": str(facts.get("system", "")),
        "python": str(facts.get("python", "")),
        "gpus": [str(gpu.get("name", gpu)) for gpu in facts.get("gpus") or []],
        "packages": {name: versions[name] for name in packages if name in versions},
        "all_packages": versions,
        "first": min(result.measured_at for result in results),
        "last": newest.measured_at,
        "commits": len({result.commit for result in results}),
    }


def _last_entry(result: Result) -> dict[str, Any]:
    try:
        found = last_entry(result.path.parent, result.commit, result.environment)
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
