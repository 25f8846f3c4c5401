"""Third-party files that the pages load: npm installs them once, at fixed versions, and checks their hashes.

`python -m asv_verdict assets` runs npm with the package-lock.json next to this module and installs into the project's
folder. The repository contains none of these files, and the installation runs no script of a package.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from asv_verdict.project import Project

LISTS = ("package.json", "package-lock.json")
#: The installed file for each file that ASV's page loads. Two packages differ from ASV's: flot is not minified, and
#: stupid-table-plugin 1.1.3 replaces 1.0.1, which is not on npm.
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
#: Files that bootstrap's style sheet loads.
FONTS = tuple(f"bootstrap/dist/fonts/glyphicons-halflings-regular.{end}" for end in ("eot", "svg", "ttf", "woff"))
PLOTS = "plotly.js-basic-dist-min/plotly-basic.min.js"


class AssetsMissing(RuntimeError):
    """The files are not installed or cannot be installed; the message is a sentence."""


#: Time limit for npm.
SECONDS = 600.0


def folder_of(project: Project) -> Path:
    """The folder into which a project's files are installed."""
    return project.folder / "assets"


def install(project: Project) -> Path:
    """Install the files with npm, which checks their hashes. Raises AssetsMissing if npm is missing or fails."""
    folder = folder_of(project)
    npm = shutil.which("npm")
    if npm is None:
        raise AssetsMissing(
            "npm was not found: install Node.js and repeat the command. Until then, the dashboard is ASV's own page, "
            "which loads its scripts from the internet"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in LISTS:
        shutil.copyfile(Path(__file__).parent / name, folder / name)
    try:
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise AssetsMissing(f"npm took more than {SECONDS:g} seconds and was stopped") from None
    if done.returncode:
        raise AssetsMissing(f"npm failed with status {done.returncode}: {done.stderr.strip()[-500:]}")
    return folder


def copy_assets(project: Project, target: Path, names: Iterable[str], *, plots: bool) -> None:
    """Copy the named files into `target`, each in the folder of its package with its licence.

    Raises AssetsMissing, before it copies anything, if a file is not installed or package-lock.json is missing or has
    changed.
    """
    source = folder_of(project) / "node_modules"
    installed = folder_of(project) / LISTS[1]
    if not source.is_dir():
        raise AssetsMissing("the scripts of the dashboard are not installed: run `python -m asv_verdict assets`")
    if not installed.is_file():
        raise AssetsMissing(f"{installed} is missing: run `python -m asv_verdict assets`")
    if installed.read_bytes() != Path(__file__).with_name(LISTS[1]).read_bytes():
        raise AssetsMissing("the scripts of the dashboard are outdated: run `python -m asv_verdict assets`")
    wanted = [
        *names,
        *(FONTS if any(name.startswith("bootstrap") for name in names) else ()),
        *((PLOTS,) if plots else ()),
    ]
    missing = [name for name in wanted if not (source / name).is_file()]
    if missing:
        raise AssetsMissing(f"{missing[0]} is not installed: run `python -m asv_verdict assets`")
    for name in wanted:
        _copy(source / name, target / name)
    for package in {name.split("/")[0] for name in wanted}:
        for path in _papers(source / package):
            _copy(path, target / package / path.name)


def _papers(package: Path) -> list[Path]:
    """The licence files of a package; without one, the files that name its author and licence."""
    return sorted(package.glob("LICEN[CS]E*")) or [package / "package.json", package / "README.md"]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
