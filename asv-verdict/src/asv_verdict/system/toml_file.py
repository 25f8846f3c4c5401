"""TOML files as types: a wrong name, type or value raises BadSetting, which says what came and what is expected."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec.inspect import StructType, type_info

#: The words for msgspec's names of types, for one value and for the values of a table.
_WORDS = {
    "str": ("a string", "strings"),
    "float": ("a number", "numbers"),
    "object": ("a table", "tables"),
    "array": ("a list", "lists"),
}

Settings = TypeVar("Settings", bound=msgspec.Struct)


class BadSetting(ValueError):
    """A setting is unknown or has a wrong value, or a configuration cannot be read."""


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a file. Raises BadSetting if it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadSetting(f"{path.name} cannot be read: {error}") from error


def is_there(path: Path) -> bool:
    """Whether there is a file; also a link that leads nowhere, which is an error and not the absence of a file."""
    return os.path.lexists(path)


def converted(content: object, kind: type[Settings], file: str, table: str = "") -> Settings:
    """`content` as a struct of type `kind`. Raises BadSetting, which names `file` and `table`.

    The struct's `__post_init__` checks values; the text of its ValueError follows the name of the file.
    """
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        raise BadSetting(_sentence(text, path, content, kind, file, table)) from error


def _sentence(text: str, path: str, content: Any, kind: Any, file: str, table: str) -> str:
    """The message for msgspec's `text` about a `path` such as `.problems[0].title`: what came and what is expected."""
    names, entry, value, found = [table] if table else [], "", content, type_info(kind)
    place = f", [{table}]" if table else ""
    for field, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        if field:
            place = f", entry {entry} of [[{'.'.join(names)}]]" if entry else place
            names, entry, value = [*names, field], "", value[field]
            found = next(one.type for one in found.fields if one.name == field)  # type: ignore[attr-defined]
        else:
            entry, value = str(int(index) + 1), value[int(index)]
            found = found.item_type  # type: ignore[attr-defined]
    quoted = re.findall("`(.*?)`", text)
    if text.startswith("Expected `"):
        label = f"entry {entry} of {names[-1]}" if entry else names[-1]
        expected, several = _WORDS[quoted[0]]
        if "[...]" in path:
            expected = f"a table of {several}"
        if isinstance(getattr(found, "item_type", None), StructType):
            expected = f"a list of tables; begin each with [[{'.'.join(names)}]]"
        return f"{file}{place}: {label} = {value!r}: expected {expected}"
    place = f", entry {entry} of [[{'.'.join(names)}]]" if entry else place
    if text.startswith("Object contains unknown field"):
        names = [one.name for one in found.fields]  # type: ignore[attr-defined]
        return f"{file}{place}: unknown setting {quoted[0]!r}; the settings are: {', '.join(names)}"
    if text.startswith("Object missing required field"):
        return f"{file}{place}: the setting {quoted[0]} is missing"
    return f"{file}{place}: {text}"


def check_expression(name: str, value: str) -> None:
    """Raise ValueError if `value` is not a regular expression."""
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{name} = {value!r}: expected a regular expression: {error}") from error
