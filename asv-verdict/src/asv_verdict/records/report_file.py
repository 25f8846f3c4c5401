"""The type of report.json, its JSON schema, and a reader for every version of the format."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import msgspec

from asv_verdict.model import Change, Commit

#: Increased when a field changes its name or meaning, or is removed.
SCHEMA = 2
#: The key of the judged commit in `commits`.
HEAD = "head"
#: Names that schema 1 had for fields, states, baselines and roles.
_FIELDS = {"look": "baseline", "limit": "threshold", "known": "explained"}
_STATES = {"cleared": "dismissed"}
_ROLES = {
    "tonight": HEAD,
    "this release": HEAD,
    "last night": "previous",
    "the reference": "reference",
    "the history": "history",
}


class ReportFile(msgspec.Struct, frozen=True):
    """The content of report.json: the report of a night, a comparison or a release.

    `verdict` is a word and `status` its exit status. `expected` and `measured` are numbers of cells, and `regressions`
    is the number of confirmed changes that raise an alarm. `commits` maps roles (head, previous, reference, base) to
    hashes, and `subjects` maps hashes to the first lines of their messages. `missing` has a sentence for each expected
    cell without a number, `undecided` for each cell or baseline that could not be compared, and `problems` for each
    error that did not stop the run. `left_out` names the cells that were not reached in time. `repeated` holds the
    findings of earlier nights that ended before their report was printed and stored. `background_load` has the
    processor cores that other processes used before and after each round. A night is partial if `nightly --bench` chose
    its cells. `selection` is the expression for the cells, `configuration` the name
    of ASV's configuration and `environments` the names of its environments; all are None in a report of version 0.1.
    `started` is ISO 8601 in UTC; the number of the folder orders nights, since clocks jump.
    """

    kind: str
    verdict: str
    status: int
    expected: int
    measured: int
    machine: str
    commits: dict[str, Commit]
    changes: tuple[Change, ...]
    schema: int = SCHEMA
    title: str = ""
    cpu: str = ""
    started: str = ""
    seconds: float = 0.0
    subjects: dict[str, str] = {}
    repeated: tuple[Change, ...] = ()
    regressions: int = 0
    missing: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    background_load: tuple[tuple[float, float], ...] = ()
    is_partial: bool = False
    selection: str | None = None
    configuration: str | None = None
    environments: tuple[str, ...] | None = None

    @property
    def head(self) -> str:
        """The commit that was judged."""
        return self.commits[HEAD]


def write_report(report: ReportFile) -> bytes:
    """The content of report.json."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1)


def read_report(path: Path) -> ReportFile:
    """The report in a file of any schema. Raises OSError and msgspec.MsgspecError, which say what is wrong."""
    content = msgspec.json.decode(path.read_bytes())
    if not isinstance(content, dict):
        raise msgspec.ValidationError(f"expected an object, got {type(content).__name__}")
    if content.get("schema", SCHEMA) > SCHEMA:
        raise msgspec.ValidationError(f"schema {content['schema']}: this version reads 1 to {SCHEMA}")
    report = msgspec.convert(_today(content) if content.get("schema") == 1 else content, ReportFile)
    if HEAD not in report.commits:
        raise msgspec.ValidationError(f"commits has no {HEAD!r}")
    return report


def _today(content: dict[str, Any]) -> dict[str, Any]:
    """A report of schema 1, with the names of today's schema."""
    changes = [{_FIELDS.get(name, name): value for name, value in change.items()} for change in content["changes"]]
    for change in changes:
        change["state"] = _STATES.get(change["state"], change["state"])
        change["baseline"] = _ROLES.get(change["baseline"], change["baseline"])
        # In schema 1 a deterministic metric has no threshold; today it has zero.
        change["threshold"] = change["threshold"] or 0.0
    commits = {_ROLES.get(role, role): commit for role, commit in content["commits"].items()}
    return {**content, "schema": SCHEMA, "changes": changes, "commits": commits}


def schema() -> dict[str, Any]:
    """The JSON schema of report.json; its descriptions are the docstrings of the types."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(msgspec.json.schema(ReportFile)))
    for definition in found["$defs"].values():
        definition["description"] = inspect.cleandoc(definition["description"])
    return found


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
