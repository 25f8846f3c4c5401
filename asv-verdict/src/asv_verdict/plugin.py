"""An ASV plugin: `asv publish` adds the pages "Gradient cost" and "What changed" and makes the site self-contained.

asv.conf.json names it as `"plugins": [".asv_verdict.plugin"]`. ASV imports its plugins in every command, so this module
imports only ASV at the top.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from asv.console import log
from asv.graph import Graph
from asv.publishing import OutputPublisher


class Site(OutputPublisher):  # type: ignore[misc] # ASV ships no types
    """ASV's own pages with local scripts, the page "What changed", and the cost page if it is configured."""

    name = "asv_verdict"
    button_label = None
    description = "Pages that work without the internet"

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: Any) -> None:
        """Called by `asv publish` after it has written its own pages."""
        from asv_verdict.project import NAME, BadSetting, Project, read_settings
        from asv_verdict.site import Published, SiteFailed, make_site

        root = Path.cwd()  # ASV has changed to the folder of its configuration
        try:
            configuration = {"project": conf.project, "results_dir": conf.results_dir}
            project = Project(root, "asv.conf.json", configuration, read_settings(root / NAME))
            for sentence in make_site(project, Published(Path(conf.html_dir), conf.show_commit_url)):
                log.warning(sentence)
        except (SiteFailed, BadSetting) as error:
            log.error(f"{error}; the dashboard is ASV's own page, which loads its scripts from the internet")


def _without_infinity(value: Any) -> Any:
    """A number or list of numbers, with NaN for each infinity."""
    if isinstance(value, list | tuple):
        return [_without_infinity(one) for one in value]
    return math.nan if isinstance(value, float) and math.isinf(value) else value


def _protect(graph: type[Graph]) -> None:
    """Make a graph treat an infinite value as missing, because ASV's step detection never returns for one."""
    add = graph.add_data_point

    def add_data_point(self: Any, revision: int, value: Any, weight: Any = None) -> None:
        finite = _without_infinity(value)
        if repr(finite) != repr(value):
            log.warning(f"{self.benchmark_name} has an infinite value at revision {revision}, which counts as missing")
        add(self, revision, finite, weight)

    graph.add_data_point = add_data_point


_protect(Graph)
