"""`connectathon` itself: what it says of files that cannot be read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.cli import main


def test_a_file_that_cannot_be_written_is_named_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "no folder" / "event.toml"
    words = ["event", "export", "lacpass-2026", "--data", str(tmp_path / "data"), "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["connectathon", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err.splitlines()
    assert str(out) in said[0]
    assert said[1].startswith("→ ")
    assert len(said) == 2
