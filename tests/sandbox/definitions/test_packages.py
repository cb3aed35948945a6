import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from sandbox.definitions.packages import BadPackage, integrity_of, read_package

MANIFEST = {"name": "x", "version": "1"}
VALUE_SET = {"resourceType": "ValueSet", "url": "http://example.org/vs"}


def a_package(file: Path, **members: bytes) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("_json", ".json"))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def test_resources_of_an_archive_and_of_a_folder_are_the_same(tmp_path: Path) -> None:
    content = json.dumps(VALUE_SET).encode()
    archive = a_package(
        tmp_path / "a.tgz",
        package__x_json=content,
        package__package_json=b'{"name": "x", "version": "1"}',
        package__y_json=b"{",
    )
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "x.json").write_bytes(content)
    (tmp_path / "package" / "package.json").write_bytes(b'{"name": "x", "version": "1"}')
    assert list(read_package(archive)) == list(read_package(tmp_path)) == [MANIFEST, VALUE_SET]


def test_a_file_that_reaches_outside_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.tgz"
    with tarfile.open(archive, "w:gz") as written:
        member = tarfile.TarInfo("package/../../x.json")
        written.addfile(member, io.BytesIO())
    with pytest.raises(BadPackage) as caught:
        list(read_package(archive))
    assert caught.value.key == "definitions.outside"


def test_a_link_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.tgz"
    with tarfile.open(archive, "w:gz") as written:
        member = tarfile.TarInfo("package/x.json")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        written.addfile(member)
    with pytest.raises(BadPackage):
        list(read_package(archive))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.tgz"
    file.write_bytes(b"nonsense")
    with pytest.raises(BadPackage) as caught:
        list(read_package(file))
    assert caught.value.key == "definitions.no_package"
    assert integrity_of(file).startswith("sha512-")


def test_a_file_that_is_nested_too_deeply_is_left_out(tmp_path: Path) -> None:
    deep = b"[" * 200_000 + b"]" * 200_000
    archive = a_package(
        tmp_path / "a.tgz", package__x_json=deep, package__y_json=json.dumps(VALUE_SET).encode()
    )
    assert list(read_package(archive)) == [VALUE_SET]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "a.tgz"
    with gzip.open(archive, "wb", compresslevel=1) as written:
        header = tarfile.TarInfo("package/x.json")
        header.size = 3 << 30
        written.write(header.tobuf(tarfile.GNU_FORMAT))
        for _ in range(40):  # of the three gigabytes that it declares
            written.write(bytes(1 << 20))
    with pytest.raises(BadPackage) as caught:
        list(read_package(archive))
    assert caught.value.key == "definitions.too_large"


def test_too_many_files_are_refused_at_the_first_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.definitions.packages.PACKAGE_FILES", 3)
    names = {f"package__x{number}_json": b"{}" for number in range(9)}
    with pytest.raises(BadPackage) as caught:
        list(read_package(a_package(tmp_path / "a.tgz", **names)))
    assert caught.value.where == "package/x3.json"


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    archive = a_package(tmp_path / "a.tgz", package__x_json=bytes(range(256)) * 999)
    content = bytearray(archive.read_bytes())
    content[40:80] = b"\xff" * 40
    archive.write_bytes(content)
    with pytest.raises(BadPackage):
        list(read_package(archive))
