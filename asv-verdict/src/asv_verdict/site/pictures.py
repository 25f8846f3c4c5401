"""The plots of the cost page as SVG files, for a README or a report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asv_verdict.asv_io.results import read_history
from asv_verdict.project import BadSetting, Project
from asv_verdict.report.plots import STYLE
from asv_verdict.site.configuration import read_cost_page
from asv_verdict.site.cost import cost_of

if TYPE_CHECKING:  # importing matplotlib takes a quarter of a second, and most commands plot nothing
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The page has the same colours (www/cost-plot.js); a test compares them.
COLOURS = (
    *("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
    *("#8c6d31", "#7f7f7f", "#0072b2", "#aa4499", "#999933"),
)
LINES, MARKERS = ("-", "--", ":", "-."), ("o", "s", "D", "^")
UNRANKED = "0.2"


def cost_pictures(project: Project, folder: Path) -> list[str]:
    """Draw the cost page's plots into `folder`; returns problems and the paths of the files.

    Raises BadSetting if the project has no such page.
    """
    page = read_cost_page(project)
    if page is None:
        raise BadSetting("asv_verdict.toml has no table [cost]: expected one that names the problems to plot")
    problems: list[str] = []
    content = cost_of(project, page, read_history(project.results), problems)
    return [*problems, *map(str, draw(content, folder))]


def draw(content: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write a file for each problem of cost.json, from its first view: time, and on the right its first ratio."""
    from matplotlib import rc_context

    folder.mkdir(parents=True, exist_ok=True)
    looks = looks_of(content)
    paths = []
    for problem in content["problems"]:
        for view in problem["views"][:1]:
            with rc_context(STYLE):
                path = folder / f"cost-{_slug(problem['title'])}.svg"
                _figure(content, problem, view, looks).savefig(path, metadata={"Date": None})
                paths.append(path)
    return paths


def looks_of(content: Mapping[str, Any]) -> dict[tuple[str, ...], dict[str, str]]:
    """The colour, line style and marker of each choice in cost.json, as on the page."""
    rows = [row for problem in content["problems"] for view in problem["views"] for row in view["support"]]
    ranked = [tuple(row["name"]) for row in rows if row["ranked"]]
    firsts = {first: number for number, first in enumerate(dict.fromkeys(name[0] for name in ranked))}
    others = {other: number for number, other in enumerate(dict.fromkeys(name[1:] or name for name in ranked))}

    def look(name: tuple[str, ...], is_ranked: bool) -> dict[str, str]:
        kind = firsts.get(name[0], 0) if len(name) > 1 else 0
        colour = others.get(name[1:] or name, 0)
        # With more choices than colours, choices of one colour differ in their markers.
        mark = kind + colour // len(COLOURS)
        return {
            "color": COLOURS[colour % len(COLOURS)] if is_ranked else UNRANKED,
            "linestyle": LINES[kind % len(LINES)],
            "marker": MARKERS[mark % len(MARKERS)],
        }

    return {tuple(row["name"]): look(tuple(row["name"]), row["ranked"]) for row in rows}


def _figure(content: Mapping[str, Any], problem: Mapping[str, Any], view: Mapping[str, Any], looks: Any) -> Figure:
    from matplotlib.figure import Figure

    ratios = [f"time/{name}" for name in content["denominators"] if view["measures"][f"time/{name}"]["lines"]]
    measures = ["time", *ratios[:1]]
    figure = Figure(figsize=(5.2 * len(measures) + 2, 4), layout="constrained")
    figure.suptitle(f"{problem['title']}{''.join(f', {value}' for value in view['variant'].values())}")
    panels = figure.subplots(1, len(measures), squeeze=False)[0]
    for axes, measure in zip(panels, measures, strict=True):
        _draw(axes, view["measures"][measure], looks)
        _, _, denominator = measure.partition("/")
        unit = view["measures"][measure]["unit"]
        label = f"{content['quantities']['time']}{f', as a multiple of {denominator}' if denominator else f' [{unit}]'}"
        axes.set(xscale="log", yscale="log", xlabel=problem["size"], ylabel=label)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False)
    figure.supxlabel(_origin(view), fontsize=7, color="0.35")
    return figure


def _draw(axes: Axes, measure: Mapping[str, Any], looks: Any) -> None:
    for line in measure["lines"]:
        sizes, values, noise = zip(*(point[:3] for point in line["points"]), strict=True)
        look = looks[tuple(line["name"])]
        label = " ".join(line["name"]).replace("_", " ")
        axes.plot(sizes, values, markersize=4, linewidth=1.5 if line["ranked"] else 1, label=label, **look)
        lower = [value / (1 + fraction) for value, fraction in zip(values, noise, strict=True)]
        upper = [value * (1 + fraction) for value, fraction in zip(values, noise, strict=True)]
        axes.fill_between(sizes, lower, upper, color=look["color"], alpha=0.2, linewidth=0)


def _origin(view: Mapping[str, Any]) -> str:
    provenance = view["provenance"]
    packages = [f"{name} {version}" for name, version in provenance["packages"].items()]
    python = f"Python {provenance['python']}" if provenance["python"] else ""
    measured = datetime.fromtimestamp(provenance["last"], UTC).date().isoformat()
    bands = "bands: noise floors" if view["noise_is_measured"] else "bands: assumed noise floors"
    return ", ".join(filter(None, (provenance["cpu"] or provenance["machine"], python, *packages, measured, bands)))


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
