"""Files of others that the pages load: installed once from a package registry, at fixed versions with their integrity.

`python -m asv_verdict assets` has npm install what package-lock.json beside this module names, into the project's
folder. Nothing of it is in the repository, and nothing of it is run at set-up.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from asv_verdict.settings import Project

LISTS = ("package.json", "package-lock.json")
#: Where each file of ASV's page is, by its name there. npm has some of them in another form or version than ASV loads:
#: flot is the same unminified, and stupid-table-plugin 1.1.3 stands for 1.0.1, which is not on npm.
OF_ASV = {
    "jquery-3.3.1.min.js": "jquery/dist/jquery.min.js",
    "jquery.flot.min.js": "flot/jquery.flot.js",
    "jquery.flot.time.min.js": "flot/jquery.flot.time.js",
    "jquery.flot.selection.min.js": "flot/jquery.flot.selection.js",
    "jquery.flot.categories.min.js": "flot/jquery.flot.categories.js",
    "jquery.flot.orderBars.js": "flot-orderbars/js/jquery.flot.orderBars.js",
    "stupidtable.min.js": "stupid-table-plugin/stupidtable.min.js",
    "md5.min.js": "blueimp-md5/js/md5.min.js",
    "bootstrap.min.js": "bootstrap/dist/js/bootstrap.min.js",
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
}
#: What bootstrap's style sheet loads, from beside it.
FONTS = tuple(f"bootstrap/dist/fonts/glyphicons-halflings-regular.{end}" for end in ("eot", "svg", "ttf", "woff"))
PLOTS = "plotly.js-basic-dist-min/plotly-basic.min.js"


class AssetsMissing(RuntimeError):
    """The files are not installed, or cannot be; in a sentence."""


def folder_of(project: Project) -> Path:
    """Where a project's are installed."""
    return project.folder / "assets"


def install(project: Project) -> Path:
    """Have npm install them, and check their integrity. Raises AssetsMissing where npm is missing or fails."""
    folder = folder_of(project)
    npm = shutil.which("npm")
    if npm is None:
        raise AssetsMissing(
            "npm was not found, which brings the scripts of the pages. `asv publish` works without it and makes ASV's "
            "own page, which loads its scripts from the internet; install Node.js for pages that work anywhere"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in LISTS:
        shutil.copyfile(Path(__file__).parent / name, folder / name)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssetsMissing(f"npm ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
    return folder


def copy_assets(project: Project, target: Path, names: Iterable[str], *, plots: bool) -> None:
    """Copy the named files into `target`, each in the folder of its package with its licence.

    Raises AssetsMissing before anything is copied, where one is not installed or package.json has changed since.
    """
    source = folder_of(project) / "node_modules"
    installed = folder_of(project) / LISTS[1]
    if not source.is_dir() or installed.read_bytes() != Path(__file__).with_name(LISTS[1]).read_bytes():
        raise AssetsMissing("the scripts of the pages are not installed; `python -m asv_verdict assets` does it")
    wanted = [
        *names,
        *(FONTS if any(name.startswith("bootstrap") for name in names) else ()),
        *((PLOTS,) if plots else ()),
    ]
    missing = [name for name in wanted if not (source / name).is_file()]
    if missing:
        raise AssetsMissing(f"{missing[0]} is not installed; `python -m asv_verdict assets` does it")
    for name in wanted:
        _copy(source / name, target / name)
    for package in {name.split("/")[0] for name in wanted}:
        for path in _papers(source / package):
            _copy(path, target / package / path.name)


def _papers(package: Path) -> list[Path]:
    """The licence of a package; where it has no file for it, what names its author and licence."""
    return sorted(package.glob("LICEN[CS]E*")) or [package / "package.json", package / "README.md"]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
