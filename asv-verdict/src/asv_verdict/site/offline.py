"""ASV's own page, changed to load every file from the site itself and to link to the pages of asv_verdict."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath

from asv_verdict.site.assets import OF_ASV

#: Only files of the site are run as scripts. ASV and the plots set inline styles, which cannot run code.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)
_TAG = re.compile(r"<(script|link)\b([^>]*)>", re.IGNORECASE)
_INLINE = re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"\b(?:src|href)=\"((?:https?:)?//[^\"]+)\"", re.IGNORECASE)
_HANDLER = re.compile(r"\son\w+=\"[^\"]*\"", re.IGNORECASE)
_INTEGRITY = re.compile(r"\s(?:integrity|crossorigin|referrerpolicy)=\"[^\"]*\"", re.IGNORECASE)


#: The places where ASV's scripts put names and code from results into HTML unescaped, with the escaped version.
#: `asText` is in www/asv-page.js.
_UNESCAPED = {
    "summarygrid.js": (
        ("href=\"#' + bm.name +", "href=\"#' + asText(bm.name) +"),
        ("id=\"summarygrid-' + bm.name +", "id=\"summarygrid-' + asText(bm.name) +"),
        ("\">' + display_name +", "\">' + asText(display_name) +"),
        ("title: bm.name,", "title: asText(bm.name),"),
        ("title: bm.code,", "title: asText(bm.code),"),
        ("'<h1>' + group +", "'<h1>' + asText(group) +"),
    ),
    "graphdisplay.js": (
        ("caret-right\"/> ' + parts[j] +", "caret-right\"/> ' + asText(parts[j]) +"),
        ("href=\"#' + bm_name + '\">' + name +", "href=\"#' + asText(bm_name) + '\">' + asText(name) +"),
        ("title: bm.code,", "title: asText(bm.code),"),
    ),
    "asv_ui.js": (("panel-heading\">' + heading +", "panel-heading\">' + asText(heading) +"),),
}


class NotOffline(RuntimeError):
    """The page of this release of ASV is not supported; the message is a sentence."""


@dataclass(frozen=True)
class OwnPage:
    """The changed page, its former inline scripts by file name, and the assets that it loads."""

    page: str
    scripts: dict[str, str]
    assets: list[str]


def without_foreign_scripts(page: str, *, lands_on_cost: bool) -> OwnPage:
    """ASV's index.html, without files of other hosts and without inline scripts.

    Raises NotOffline if the page loads a file that is not among the assets, or lacks a tag that the site extends: the
    page of another release of ASV may differ.
    """
    scripts: dict[str, str] = {}
    assets: list[str] = []

    def moved(found: re.Match[str]) -> str:
        name = f"asv-inline-{len(scripts) + 1}.js"
        scripts[name] = found[1]
        return f'<script src="{name}"></script>'

    def local(found: re.Match[str]) -> str:
        attributes = _HANDLER.sub("", found[2])
        address = _ADDRESS.search(attributes)
        if address:
            name = PurePosixPath(address[1]).name
            if name not in OF_ASV:
                raise NotOffline(
                    f"ASV's page loads {name}, which asv_verdict does not install; this release of ASV is not supported"
                )
            assets.append(OF_ASV[name])
            attributes = _INTEGRITY.sub("", attributes).replace(address[1], f"assets/{OF_ASV[name]}")
        return f"<{found[1]}{attributes}>"

    changed = _TAG.sub(local, _INLINE.sub(moved, page))
    for anchor in ("<head>", '<ul class="nav navbar-nav navbar-left">'):
        if anchor not in changed:
            raise NotOffline(f"ASV's page has no {anchor}; this release of ASV is not supported")
    landing = " data-lands-on-cost" if lands_on_cost else ""
    head = (
        f'<head>\n    <meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '\n    <meta name="viewport" content="width=device-width">'
        f'\n    <script src="asv-page.js"{landing}></script>'
    )
    return OwnPage(changed.replace("<head>", head, 1), scripts, assets)


def escape_names(html: Path, problems: list[str]) -> None:
    """Change ASV's scripts in a published folder so that they show names from results as text.

    A script that lacks one of the expected places stays unchanged, and `problems` gets a sentence. The policy of the
    page still keeps HTML in a name from running code.
    """
    for name, changes in _UNESCAPED.items():
        path = html / name
        script = path.read_text(encoding="utf-8")
        if all(script.count(before) == 1 for before, _ in changes):
            for before, after in changes:
                script = script.replace(before, after)
            path.write_text(script, encoding="utf-8")
        else:
            problems.append(f"ASV's {name} differs from the supported releases: its pages do not escape HTML in names")
