"""An ASV plugin: `asv publish` makes a site that loads nothing from elsewhere, with two pages of ours in it.

Named in asv.conf.json as `"plugins": [".asv_verdict.plugin"]`. ASV imports a plugin in every command, so this module
imports nothing but ASV; the site is imported where it is made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asv.console import log
from asv.publishing import OutputPublisher


class Site(OutputPublisher):  # type: ignore[misc] # ASV ships no types
    """ASV's own pages with local scripts, and the pages "Gradient cost", where it is configured, and "What changed"."""

    name = "asv_verdict"
    button_label = None
    description = "Pages that load nothing from elsewhere"

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: Any) -> None:
        """Called by `asv publish` when its own pages are written."""
        from asv_verdict.settings import NAME, BadSetting, Project, read_settings
        from asv_verdict.site import Published, SiteFailed, make_site

        root = Path.cwd()  # ASV has gone to its configuration's folder
        try:
            configuration = {"project": conf.project, "results_dir": conf.results_dir}
            project = Project(root, "asv.conf.json", configuration, read_settings(root / NAME))
            for sentence in make_site(project, Published(Path(conf.html_dir), conf.show_commit_url)):
                log.warning(sentence)
        except (SiteFailed, BadSetting) as error:
            log.error(f"{error}; the dashboard is ASV's own page, which loads its scripts from the internet")
