"""The record of a machine."""

from tools.machine import record


def test_machine_record_has_no_version_and_is_written_once(monkeypatch, tmp_path):
    from asv.machine import Machine, MachineCollection

    found = Machine.get_defaults() | {"os": "Linux 6.1.0-21", "ram": "25227001856", "num_cpu": "2"}
    monkeypatch.setattr(Machine, "get_defaults", staticmethod(lambda: dict(found)))
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr(MachineCollection, "get_machine_file_path", staticmethod(lambda: str(tmp_path / "machines")))
    assert record("desk").startswith("Recorded machine 'desk': ")
    first = MachineCollection.load("desk")
    assert (first["os"], first["ram"], first["num_cpu"]) == ("Linux", "23 GiB", "2")
    found["ram"] = "1073741824"
    assert "already has a record" in record("desk")
    assert MachineCollection.load("desk") == first
    assert record("other").startswith("Recorded machine 'other'")
