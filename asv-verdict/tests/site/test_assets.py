"""The installed scripts of the pages: what is said if they are missing, incomplete or outdated."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from asv_verdict.site import assets


@pytest.mark.parametrize(
    ("lock", "message"),
    [
        (None, "the scripts of the dashboard are not installed"),
        ("", "package-lock.json is missing"),
        ("{}", "the scripts of the dashboard are outdated"),
        ("as expected", "jquery/dist/jquery.min.js is not installed"),
    ],
)
def test_scripts_that_cannot_be_copied_are_named_with_the_remedy(tmp_path, lock, message):
    project = SimpleNamespace(folder=tmp_path)
    if lock is not None:
        (assets.folder_of(project) / "node_modules").mkdir(parents=True)
    if lock:
        expected = Path(assets.__file__).with_name("package-lock.json").read_text()
        (assets.folder_of(project) / "package-lock.json").write_text(expected if lock == "as expected" else lock)
    target = tmp_path / "html"
    with pytest.raises(assets.AssetsMissing, match=re.escape(f"{message}: run `python -m asv_verdict assets`")):
        assets.copy_assets(project, target, ["jquery/dist/jquery.min.js"], plots=False)
    assert not target.exists()
