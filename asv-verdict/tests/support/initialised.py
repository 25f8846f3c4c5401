"""A repository in which `asv-verdict init` runs."""

import json

from asv_verdict.__main__ import main
from branches import git

WHEEL = "asv_verdict-0.2.0-py3-none-any.whl"
WORKFLOWS = (".github/workflows/asv-verdict.yml", ".github/workflows/asv-verdict-compare.yml")


def run_init(root, *options):
    """The exit status of `asv-verdict init`."""
    return main(["init", "--config", str(root / "asv.conf.json"), *map(str, options)])


def repository_to_init(root, **values):
    """Make a repository with a configuration of ASV, or a folder of one; returns it."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "asv.conf.json").write_text(json.dumps({"repo": ".", "pythons": ["3.11"], **values}))
    if not (root.parent / ".git").exists():
        git(root, "init", "--quiet")
    return root


def files_of(root):
    """The content of each file outside git's own folder, by its path."""
    found = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in found}
