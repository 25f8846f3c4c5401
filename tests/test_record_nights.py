"""Nights for the replay are recorded as the suite measures: on one core, with one thread."""

import os
import sys

import pytest

from tools import record_nights


class Began(Exception):
    """Another process began instead of this one."""


def _begun(path, words, environment):
    raise Began(words, environment)


@pytest.mark.parametrize("lacking", record_nights.ENVIRONMENT)
def test_a_process_with_several_threads_begins_again_with_one(monkeypatch, tmp_path, lacking):
    for name, value in record_nights.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(lacking)
    monkeypatch.setattr(sys, "argv", ["record_nights", str(tmp_path / "nights.json"), "--nights", "2"])
    monkeypatch.setattr(os, "execve", _begun)
    with pytest.raises(Began) as raised:
        record_nights.main()
    words, environment = raised.value.args
    assert words[1:] == ["-m", "tools.record_nights", str(tmp_path / "nights.json"), "--nights", "2"]
    assert record_nights.ENVIRONMENT.items() <= environment.items()


def test_a_process_with_one_thread_goes_on(monkeypatch):
    for name, value in record_nights.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "execve", _begun)
    record_nights.begin_again_in(record_nights.ENVIRONMENT)
