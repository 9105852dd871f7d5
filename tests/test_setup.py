"""The set-up's refusals: each says what is wrong and what to do, before anything is started."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "docker" / "setup"))
import demo
import odoo_source
import workspace


def message(work: Callable[[], object]) -> str:
    """Return what the person at the keyboard is told when ``work`` is refused."""
    with pytest.raises(workspace.Failure) as refused:
        work()
    return str(refused.value)


def test_a_taken_port_is_named_with_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        told = message(demo.check_port)
    assert f"Port {port}" in told
    assert f"PORT={port + 1}" in told
    demo.check_port()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80 90"])
def test_a_port_that_is_none_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    assert port in message(demo.port)


@pytest.mark.parametrize("port", ["1", "65535", ""])
def test_the_ends_of_the_range_and_nothing_are_ports(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    assert demo.port() == int(port or 8069)


def test_a_full_disk_is_told_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workspace, "LOCAL", tmp_path)
    free = workspace.ROOM_NEEDED
    monkeypatch.setattr(workspace.shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    workspace.check_room()
    free -= 1
    assert "Nothing was fetched" in message(workspace.check_room)


@pytest.mark.parametrize(
    ("version", "told"),
    [("(18, 0, 0, FINAL, 0, '')", "18.0"), ("('saas~18', 4, 0, FINAL, 0, '')", "18.4"), ("", "unknown")],
)
def test_another_odoo_than_19_is_refused(version: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo/release.py").write_text(f"FINAL = 'final'\nversion_info = {version}\n" if version else "")
    assert told in message(lambda: odoo_source.check_release(tmp_path))
    (tmp_path / "odoo/release.py").write_text("version_info = (19, 0, 0, 'final', 0, '')\n")
    assert odoo_source.check_release(tmp_path) == "19.0"


def test_a_folder_without_odoo_is_named(tmp_path: Path) -> None:
    assert str(tmp_path) in message(lambda: odoo_source.check_release(tmp_path))


def test_elsewhere_than_on_debian_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ODOO_HOME", raising=False)
    monkeypatch.setattr(odoo_source, "PREFIX", tmp_path)
    monkeypatch.setattr(odoo_source.debian, "is_available", lambda: False)
    told = message(odoo_source.provide)
    assert "19.0" in told
    assert "compose" in told


def test_a_command_that_fails_is_told_with_its_end_and_advice() -> None:
    told = message(lambda: workspace.run(["sh", "-c", "echo first; echo last; exit 3"], advice="Do this."))
    assert "ended with 3" in told
    assert "last" in told
    assert told.endswith("Do this.")


def test_of_tasks_side_by_side_all_end_before_a_failure_is_raised() -> None:
    ended = []

    def fails() -> None:
        raise workspace.Failure("no")

    assert message(lambda: workspace.in_parallel(fails, lambda: ended.append(1))) == "no"
    assert ended == [1]


def test_a_key_tells_parts_apart() -> None:
    assert workspace.key_of("ab", "c") != workspace.key_of("a", "bc")
    assert workspace.key_of("a", "b") == workspace.key_of("a", "b")


def test_a_key_is_of_a_file_s_content_and_of_a_folder_s_name(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("one")
    before = workspace.key_of(file, tmp_path)
    file.write_text("two")
    assert workspace.key_of(file, tmp_path) != before
    assert workspace.key_of(tmp_path) == workspace.key_of(str(tmp_path))


def test_the_container_and_the_set_up_share_their_list_of_addons() -> None:
    assert set(workspace.OWN_ADDONS) == {path.parent.name for path in workspace.ADDONS.glob("*/__manifest__.py")}
