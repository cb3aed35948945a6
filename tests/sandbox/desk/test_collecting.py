import zipfile
from pathlib import Path

import pytest

from sandbox.desk.collecting import notebooks_in
from sandbox.errors import BadRequest
from sandbox.limits import NOTEBOOK_BYTES

FILES = {
    "Chile/00_welcome.ipynb": b"1",
    "Perú/sub/01_fhir.ipynb": b"2",
    "alone.ipynb": b"3",
    "Chile/.ipynb_checkpoints/00_welcome-checkpoint.ipynb": b"old",
    "__MACOSX/Chile/._00_welcome.ipynb": b"fork",
    "Chile/notes.txt": b"no",
}
MEANT = [
    ("Chile", "00_welcome.ipynb", b"1"),
    ("sub", "01_fhir.ipynb", b"2"),
    ("all", "alone.ipynb", b"3"),
]


def a_folder(place: Path) -> Path:
    for name, content in FILES.items():
        file = place / "all" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return place / "all"


def a_zip(place: Path) -> Path:
    with zipfile.ZipFile(place / "all.zip", "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return place / "all.zip"


@pytest.mark.parametrize("make", [a_folder, a_zip])
def test_teams_are_known_by_their_folders(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    found = [(one.team, one.name, one.content) for one in notebooks_in(make(tmp_path))]
    assert sorted(found) == sorted(MEANT)


def test_one_notebook_is_of_whom_one_says(tmp_path: Path) -> None:
    (one,) = notebooks_in(a_folder(tmp_path) / "alone.ipynb", team="Perú")
    assert (one.team, one.name) == ("Perú", "alone.ipynb")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.ipynb").write_bytes(b"secret")
    folder = a_folder(tmp_path)
    (folder / "Chile" / "link.ipynb").symlink_to(tmp_path / "secret.ipynb")
    assert b"secret" not in [one.content for one in notebooks_in(folder)]


def test_a_bomb_is_read_no_further_than_a_notebook_may_be(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("A/x.ipynb", bytes(3 * NOTEBOOK_BYTES))
    (one,) = notebooks_in(tmp_path / "x.zip")
    assert len(one.content) == NOTEBOOK_BYTES + 1


def test_too_many_and_nothing_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.desk.collecting.COLLECTED_NOTEBOOKS", 2)
    with pytest.raises(BadRequest) as caught:
        list(notebooks_in(a_zip(tmp_path)))
    assert caught.value.key == "desk.too_many_files"
    with pytest.raises(BadRequest) as nothing:
        list(notebooks_in(tmp_path / "absent"))
    assert nothing.value.key == "desk.nothing_to_collect"
