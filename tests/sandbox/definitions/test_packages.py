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
