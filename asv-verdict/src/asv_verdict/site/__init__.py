"""The site of `asv publish`: ASV's pages with local scripts, the cost page, and "What changed"."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from asv_verdict.asv_io.results import History, Unreadable, read_history
from asv_verdict.project import BadSetting, Project
from asv_verdict.site.assets import PLOTS, AssetsMissing, copy_assets
from asv_verdict.site.changes import changes_of
from asv_verdict.site.configuration import read_cost_page
from asv_verdict.site.cost import cost_of
from asv_verdict.site.offline import POLICY, NotOffline, escape_names, without_foreign_scripts

FILES = Path(__file__).parent / "www"
#: Files that all pages load, ASV's included.
SHARED = ("common.js", "site.css", "asv-page.js")
#: Modules that only cost.js imports.
PARTS_OF_COST = ("cost-plot.js", "cost-tables.js", "cost-words.js")


class SiteFailed(RuntimeError):
    """The site cannot be written; the message is a sentence. The files of ASV are unchanged."""


@dataclass(frozen=True)
class Published:
    """The output of `asv publish`: the folder of its pages, and the address of a commit without its hash."""

    html: Path
    commit_url: str


def make_site(project: Project, published: Published) -> list[str]:
    """Add the pages of asv_verdict to a published site, and change ASV's pages to load only files of the site.

    Returns a sentence for each problem. Raises SiteFailed before it changes a page.
    """
    html = published.html
    problems: list[str] = []
    try:
        page = read_cost_page(project)
        own = without_foreign_scripts((html / "index.html").read_text(encoding="utf-8"), lands_on_cost=page is not None)
        copy_assets(project, html / "assets", own.assets, plots=page is not None)
    except (AssetsMissing, NotOffline, BadSetting, OSError) as error:
        raise SiteFailed(str(error)) from error
    history = _history(project, problems)
    head = {
        "schema": 1,
        "project": str(project.configuration.get("project", "")),
        "commit_url": published.commit_url,
        "newest": max((result.measured_at for result in history.results), default=None),
        "cost": page.title if page else "",
    }
    _write(html / "site.json", head)
    _write(html / "changes.json", changes_of(project, history, html / "changes", problems))
    _page(html, "changes", "What changed")
    if page:
        _write(html / "cost.json", cost_of(project, page, history, problems))
        _page(html, "cost", page.title, f"assets/{PLOTS}")
        for name in PARTS_OF_COST:
            shutil.copyfile(FILES / name, html / name)
    for name in SHARED:
        shutil.copyfile(FILES / name, html / name)
    escape_names(html, problems)
    for name, script in own.scripts.items():
        (html / name).write_text(script, encoding="utf-8")
    (html / "index.html").write_text(own.page, encoding="utf-8")
    return problems


def _history(project: Project, problems: list[str]) -> History:
    """All results; none if the folder of results is missing."""
    try:
        history = read_history(project.results)
    except Unreadable as error:
        problems.append(str(error))
        return History({}, [])
    problems += history.problems
    return history


def _page(html: Path, name: str, title: str, *scripts: str) -> None:
    """Write the page NAME.html with its module NAME.js; the page loads `scripts` first."""
    shutil.copyfile(FILES / f"{name}.js", html / f"{name}.js")
    tags = [f'<script src="{script}" defer></script>' for script in scripts]
    tags += [f'<script src="{name}.js" type="module"></script>']
    template = Template((FILES / "page.html").read_text(encoding="utf-8"))
    page = template.substitute(
        policy=escape(POLICY), title=escape(title), scripts="\n".join(f"    {tag}" for tag in tags)
    )
    (html / f"{name}.html").write_text(page, encoding="utf-8")


def _write(path: Path, content: object) -> None:
    # JSON has no NaN: a browser could not parse it.
    path.write_text(json.dumps(content, allow_nan=False, separators=(",", ":")), encoding="utf-8")
