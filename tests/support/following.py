"""Follow a page of docs/extend: do each of its steps in a copy of the repository."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "images", "build", "dist")
#: The steps of a page, as it words them. A code block belongs to the sentence that ends before it.
STEP = re.compile(
    r"(?:Create `(?P<created>[^`]+)`"
    r"|Append to `(?P<appended>[^`]+)`"
    r"|Add to `(?P<literal>[^`]+)` in `(?P<extended>[^`]+)`"
    r"|Add to the table \*(?P<heading>[^*]+)\* in `(?P<tabled>[^`]+)`"
    r"|Change `(?P<changing>[^`]+)` in `(?P<changed>[^`]+)`):\n\n```\w+\n(?P<code>.*?)```",
    re.DOTALL,
)
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:toml|md|py|json))`")
NAME_IN_FILE = re.compile(r"`([A-Za-z_]\w*)` in `([^`\s]+)`")


def flat(page: str) -> str:
    """A page with one line for each paragraph of prose; code blocks and commands keep their lines."""
    parts = re.split(r"(```.*?```)", page, flags=re.DOTALL)
    return "".join(part if part.startswith("```") else re.sub(r"(?<=\S)\n(?=\S)", " ", part) for part in parts)


def commands(page: str) -> list[list[str]]:
    """The indented commands of a page, as a reader would type them."""
    prose = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    return [line.strip() for line in re.findall(r"^    (\S.*)$", prose, re.MULTILINE)]


def copied(root: Path) -> Path:
    """A copy of the repository in a folder."""
    shutil.copytree(ROOT, root, ignore=LEFT_OUT)
    return root


def follow(page: str, root: Path) -> list[str]:
    """Follow the steps of the page in the copy under `root`, in order; return the files that they name."""
    text = flat((ROOT / "docs" / "extend" / page).read_text(encoding="utf-8"))
    steps = list(STEP.finditer(text))
    assert sum(bool(step["code"]) for step in steps) == text.count("```") // 2, "a code block belongs to no step"
    touched = []
    for step in steps:
        kind = next(name for name in _ACTIONS if step[name])
        path = root / step[kind]
        assert path.exists() == (kind != "created"), f"{page}: {step[kind]}"
        _ACTIONS[kind](path, step)
        touched.append(step[kind])
    return list(dict.fromkeys(touched))


def _create(path: Path, step: re.Match[str]) -> None:
    path.write_text(step["code"], encoding="utf-8")


def _append(path: Path, step: re.Match[str]) -> None:
    blank = "\n\n" if path.suffix == ".py" else "\n"
    path.write_text(path.read_text(encoding="utf-8") + blank + step["code"], encoding="utf-8")


def _extend(path: Path, step: re.Match[str]) -> None:
    """Append the lines of a diff to the list, tuple or dictionary that a name or a key holds."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    last = _innermost(_value_of(ast.parse(text), step["literal"])).end_lineno
    lines.insert(last - 1, re.sub(r"^\+", "", step["code"], flags=re.MULTILINE))
    path.write_text("".join(lines), encoding="utf-8")


def _value_of(tree: ast.Module, name: str) -> ast.expr:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return node.value
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == name:
                    return value
    raise AssertionError(f"no {name}")


def _innermost(value: ast.expr) -> ast.expr:
    """The innermost literal, which gets new entries: a selection holds a tuple, ASV's parameters a list of lists."""
    if isinstance(value, ast.Call):
        return _innermost(value.args[-1])
    if isinstance(value, ast.List) and len(value.elts) == 1 and isinstance(value.elts[0], ast.List):
        return value.elts[0]
    return value


def _add_row(path: Path, step: re.Match[str]) -> None:
    """Add a row to the first table under a heading."""
    before, heading, after = path.read_text(encoding="utf-8").partition(f"## {step['heading']}\n")
    assert heading, step["heading"]
    start = after.index("\n|") + 1
    end = start + after[start:].index("\n\n") + 1
    path.write_text(before + heading + after[:end] + step["code"] + after[end:], encoding="utf-8")


def _change(path: Path, step: re.Match[str]) -> None:
    """Replace the lines of a diff, which the file has exactly once."""
    lines = step["code"].splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] in (" ", sign)) for sign in "-+")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} holds {text.count(old)} times:\n{old}"
    path.write_text(text.replace(old, new), encoding="utf-8")


_ACTIONS: dict[str, Callable[[Path, re.Match[str]], None]] = {
    "created": _create,
    "appended": _append,
    "extended": _extend,
    "tabled": _add_row,
    "changed": _change,
}


def run(arguments: list[str] | str, root: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in the copy, with its own home folder; it imports the copy."""
    path = {"PYTHONPATH": str(root), "ASV_PYTHONPATH": str(root), "HOME": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        arguments,
        cwd=root,
        env={**os.environ, **path},
        shell=isinstance(arguments, str),
        capture_output=True,
        text=True,
        check=False,
    )


def discovered(root: Path) -> dict[str, list[list[str]]]:
    """The benchmarks that ASV finds in the copy, with their parameters."""
    code = """
import json
from pathlib import Path
from asv_runner._aux import update_sys_path
from asv_runner.discovery import disc_benchmarks
root = Path("benchmarks").resolve()
update_sys_path(str(root))
print(json.dumps({one.name: one.params for one in disc_benchmarks(str(root), False)}))
"""
    done = run([sys.executable, "-c", code], root)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[list[str]]] = json.loads(done.stdout)
    return found
