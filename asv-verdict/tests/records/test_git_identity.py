"""Results are stored where git knows no author, such as in a container."""

import pytest

from branches import git


@pytest.mark.parametrize("name", ["", "desk"])
def test_results_are_stored_without_an_identity(suite, monkeypatch, tmp_path, name):
    suite.commit()
    for variable in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "empty"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        for what in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_{who}_{what}", raising=False)
    git(suite.root, "config", "user.name", name)
    git(suite.root, "config", "user.email", "")
    (suite.root / "asv_verdict.toml").write_text('results_branch = "results"\n')
    suite.night()
    assert git(suite.root, "log", "-1", "--format=%an", "results") == (name or "asv-verdict")
