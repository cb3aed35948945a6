import os
from pathlib import Path

import pytest

from sandbox.course.grading import collecting
from sandbox.course.grading.collecting import read_plain, take_over


def test_plain_files_are_taken_over_with_their_folders(tmp_path: Path) -> None:
    (tmp_path / "left" / "a").mkdir(parents=True)
    (tmp_path / "left" / "a" / "x").write_bytes(b"1")
    take_over(["a/x", "absent"], left=tmp_path / "left", kept=tmp_path / "kept")
    assert [file.name for file in (tmp_path / "kept").rglob("*")] == ["a", "x"]


def test_links_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "real" / "secret")
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "linked/secret", "pipe", "real"):
        assert read_plain(tmp_path / name) is None
    assert read_plain(tmp_path / "real" / "secret") == b"secret"


def test_too_large_a_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "ARTIFACT_BYTES", 3)
    (tmp_path / "x").write_bytes(b"1234")
    assert read_plain(tmp_path / "x") is None
