"""Decode ASV's result files fast: only the columns that are used, and the values of a commit as one array."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

#: Columns of a result file that are used; samples and statistics are most of its bytes.
COLUMNS = ("result", "params", "version", "started_at")
#: ASV writes NaN and Infinity, which JSON does not have. These numbers stand for them while msgspec decodes; numbers
#: with large exponents would take it a hundred times longer. A file that already contains one of
#: the two is decoded without msgspec.
NAN, INFINITE = b"-734612095836.17e-15", b"915203846271.83e-15"

#: The most cells of one benchmark. SciPy's largest one has some two thousand.
MOST_CELLS = 1_000_000

Cells = tuple[str, ...]


class Values(Mapping[str, float | None]):
    """The values of one commit by cell: a number, NaN if it was skipped, None if it failed.

    `numbers` has an infinity for a cell that failed. Commits with the same cells share `columns`.
    """

    def __init__(self, columns: dict[str, int], numbers: np.ndarray) -> None:
        self.columns, self.numbers = columns, numbers

    def __getitem__(self, cell: str) -> float | None:
        number = float(self.numbers[self.columns[cell]])
        return None if math.isinf(number) else number

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)


class Layouts:
    """The names of cells, each made once for all files of a folder."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, bytes], Cells] = {}
        self._columns: dict[tuple[Cells, ...], dict[str, int]] = {}
        self._without: dict[tuple[int, frozenset[str]], dict[str, int]] = {}
        self._versions: dict[bytes, str | None] = {}

    def cells(self, benchmark: str, parameters: Any) -> Cells:
        """The cells of a benchmark; `parameters` is a list of lists, or its text in JSON."""
        text = bytes(parameters) if isinstance(parameters, msgspec.Raw) else json.dumps(parameters).encode()
        key = benchmark, text
        if key not in self._cells:
            lists = plain(parameters) or ()
            self._cells[key] = tuple(cell_names(benchmark, tuple(map(tuple, lists))))
        return self._cells[key]

    def values(self, cells: list[Cells], numbers: np.ndarray) -> Values:
        """The values of one commit, from the cells of each benchmark and the numbers of all."""
        key = tuple(cells)
        if key not in self._columns:
            names = itertools.chain.from_iterable(cells)
            self._columns[key] = {cell: column for column, cell in enumerate(names)}
        return Values(self._columns[key], numbers)

    def without(self, values: Values, benchmarks: frozenset[str]) -> Values:
        """`values`, which this object made, without the cells of some benchmarks."""
        key = id(values.columns), benchmarks
        if key not in self._without:
            kept = {cell: column for cell, column in values.columns.items() if benchmark_of(cell) not in benchmarks}
            self._without[key] = kept
        return Values(self._without[key], values.numbers)

    def version(self, version: Any) -> str | None:
        """The version of a benchmark, as text."""
        text = bytes(version) if isinstance(version, msgspec.Raw) else json.dumps(version).encode()
        if text not in self._versions:
            found = plain(version)
            self._versions[text] = None if found is None else str(found)
        return self._versions[text]


def benchmark_of(cell: str) -> str:
    """The benchmark of a cell."""
    return cell.partition("(")[0]


def kind_of(cell: str) -> str:
    """`time` of `module.Class.time_x(...)`."""
    return benchmark_of(cell).rpartition(".")[2].partition("_")[0]


def cell_names(benchmark: str, parameters: tuple[tuple[str, ...], ...]) -> list[str]:
    """`benchmark` if it has no parameters, else `benchmark(a, b)` for each combination of them.

    Raises ValueError for too many, which a short file could ask for, and TypeError for a value that is no text.
    """
    if not parameters:
        return [benchmark]
    if (count := math.prod(map(len, parameters))) > MOST_CELLS:
        raise ValueError(f"{benchmark} has {count} combinations of parameters: expected at most {MOST_CELLS}")
    return [f"{benchmark}({', '.join(combination)})" for combination in itertools.product(*parameters)]


def decode(text: bytes) -> Any:
    """The content of a result file. The entries of its table are not decoded yet. Raises ValueError.

    If msgspec fails, Python's own reader decodes the file or raises the error.
    """
    try:
        if NAN in text or INFINITE in text:
            return _decode_slowly(text)
        file = _FILE.decode(text.replace(b"NaN", NAN).replace(b"Infinity", INFINITE))
        content = {name: plain(raw) for name in _PLAIN if (raw := getattr(file, name)) is not msgspec.UNSET}
        if content.get("version") == 2:
            content["results"] = {_restored(name): row for name, row in file.results.items()}
            return content
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    return _decode_slowly(text)


def _decode_slowly(text: bytes) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


class _File(msgspec.Struct):
    """What is used of a result file."""

    results: dict[str, list[msgspec.Raw]]
    version: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    commit_hash: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    env_name: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    date: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    params: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    env_vars: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    result_columns: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_PLAIN = tuple(name for name in _File.__struct_fields__ if name != "results")
_FILE = msgspec.json.Decoder(_File)
_LISTS = msgspec.json.Decoder(list[list[float]])
_MOMENTS = msgspec.json.Decoder(list[float | None])


def _restored(name: str) -> str:
    return sys.intern(name.replace(NAN.decode(), "NaN").replace(INFINITE.decode(), "Infinity"))


def plain(value: Any) -> Any:
    """The value, decoded if it is still text in JSON."""
    if isinstance(value, msgspec.Raw):
        text = bytes(value)
        if NAN not in text and INFINITE not in text:
            with contextlib.suppress(msgspec.MsgspecError):  # it refuses 1e999, which Python reads as infinity
                return msgspec.json.decode(text)
        return json.loads(text.replace(NAN, b"NaN").replace(INFINITE, b"Infinity"))
    return value


def numbers(values: Sequence[Any], counts: Sequence[int]) -> np.ndarray:
    """The results of all benchmarks of a file, which have `counts` cells: infinite if a cell failed, NaN if skipped."""
    if all(isinstance(value, msgspec.Raw) for value in values):
        # One call for all benchmarks: a file has hundreds, and most calls would cost more than their few numbers.
        texts = [_listed(bytes(value), count) for value, count in zip(values, counts, strict=True)]
        try:
            # The decoder accepts only numbers and null.
            lists = _LISTS.decode(b"[" + b",".join(texts).replace(b"null", INFINITE) + b"]")
        except msgspec.MsgspecError:
            pass
        else:
            _check([len(listed) for listed in lists], counts)
            found = np.array(list(itertools.chain.from_iterable(lists)), dtype=float)
            found[found == float(NAN)] = np.nan
            found[np.abs(found) == float(INFINITE)] = np.inf
            return found
    lists = [_numbers(plain(value), count) for value, count in zip(values, counts, strict=True)]
    _check([len(listed) for listed in lists], counts)
    return np.array(list(itertools.chain.from_iterable(lists)), dtype=float)


def latest(moments: Sequence[Any]) -> float:
    """The last of some moments, in milliseconds since 1970; None among them is ignored, and without any it is 0."""
    if all(isinstance(moment, msgspec.Raw) for moment in moments):
        text = b"[" + b",".join(map(bytes, moments)) + b"]"
        if NAN not in text and INFINITE not in text:
            with contextlib.suppress(msgspec.MsgspecError):
                return max(filter(None, _MOMENTS.decode(text)), default=0.0)
    return max(filter(None, map(plain, moments)), default=0.0)


def _listed(text: bytes, count: int) -> bytes:
    """The results of a benchmark as a list: ASV writes null for one that failed as a whole."""
    return b"[" + b",".join([text] * count) + b"]" if text == b"null" else text


def _numbers(value: Any, count: int) -> list[float]:
    return [math.inf] * count if value is None else [_number(one) for one in value]


def _check(lengths: Sequence[int], counts: Sequence[int]) -> None:
    for length, count in zip(lengths, counts, strict=True):
        if length != count:
            raise ValueError(f"{length} results for {count} cells")


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) else math.inf
    except OverflowError:  # an integer that no float can hold
        return math.inf
