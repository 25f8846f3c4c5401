"""An ASV plugin: with it `asv publish` makes a self-contained site with the page "What changed" and any cost page.

asv.conf.json names it as `"plugins": [".asv_verdict.plugin"]`. ASV imports its plugins in every command, so the top
of this module imports only ASV and a module that needs nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asv.console import log
from asv.publishing import OutputPublisher

from asv_verdict.system import finite_graphs  # noqa: F401 # it protects ASV from stored infinities


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
