import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.definitions.installed import installed_packages, packages_folder
from sandbox.definitions.installing import remove_package
from sandbox.definitions.packages import BadPackage
from sandbox.definitions.registry import add_package
from sandbox.errors import BadRequest, NotFound
from sandbox.validation import validate
from tests.builders import a_patient

URL = "http://example.org/StructureDefinition/one-name"
PROFILE = {
    "resourceType": "StructureDefinition", "id": "one-name", "url": URL, "version": "1.0.0", "kind": "resource", "type": "Patient",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient", "derivation": "constraint",
    "differential": {"element": [{"id": "Patient.birthDate", "path": "Patient.birthDate", "min": 1}]},
}  # fmt: skip


def a_package(
    *, name: str = "example.guide", version: str = "1.0.0", manifest: bool = True
) -> bytes:
    packed = io.BytesIO()
    files: dict[str, Any] = {"package/one.json": PROFILE, "package/example/p.json": a_patient()}
    if manifest:
        files["package/package.json"] = {"name": name, "version": version}
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, content in files.items():
            body = json.dumps(content).encode()
            member = tarfile.TarInfo(path)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return packed.getvalue()


def added() -> list[str]:
    return [str(one) for one in installed_packages() if not one.is_core]


def test_an_added_profile_counts_at_once_and_is_gone_when_removed(tmp_path: Path) -> None:
    file = tmp_path / "guide.tgz"
    file.write_bytes(a_package())
    before = [finding.key for finding in validate(a_patient(), profiles=[URL])]
    installed = add_package(str(file))
    assert (str(installed), installed.definitions) == ("example.guide#1.0.0", 1)
    assert added() == ["example.guide#1.0.0"]
    assert [finding.key for finding in validate(a_patient(), profiles=[URL])] == [
        "validation.missing"
    ]
    remove_package("example.guide#1.0.0")
    assert (
        [finding.key for finding in validate(a_patient(), profiles=[URL])]
        == before
        == ["validation.unknown_profile"]
    )


def test_a_package_of_the_shared_cache_is_taken_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    folder = tmp_path / ".fhir" / "packages" / "example.guide#1.0.0" / "package"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"name": "example.guide", "version": "1.0.0"}')
    (folder / "one.json").write_text(json.dumps(PROFILE))
    assert str(add_package("example.guide#1.0.0")) == "example.guide#1.0.0"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A registry on loopback; `shasum` is what it states."""
    package = a_package()
    state: dict[str, Any] = {"shasum": hashlib.sha1(package).hexdigest(), "package": package}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/example.guide":
                dist = {
                    "shasum": state["shasum"],
                    "tarball": f"http://127.0.0.1:{port}/example.guide/1.0.0",
                }
                body = json.dumps({"versions": {"1.0.0": {"dist": dist}}}).encode()
            elif self.path == "/example.guide/1.0.0":
                body = state["package"]
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("FHIR_PACKAGE_REGISTRY", f"http://127.0.0.1:{port}")
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_registry_sends_what_it_states(registry: dict[str, Any]) -> None:
    assert str(add_package("example.guide#1.0.0")) == "example.guide#1.0.0"


def test_another_hash_than_the_stated_one_is_refused(registry: dict[str, Any]) -> None:
    registry["package"] = a_package(name="other.guide")
    with pytest.raises(BadPackage) as caught:
        add_package("example.guide#1.0.0")
    assert caught.value.key == "definitions.other_hash"
    assert added() == []


@pytest.mark.parametrize("name", ["example.guide#9.9.9", "nothing.here#1.0.0"])
def test_a_version_that_the_registry_lacks_is_said(registry: dict[str, Any], name: str) -> None:
    with pytest.raises(NotFound) as caught:
        add_package(name)
    assert caught.value.key == "definitions.no_version"


def test_a_registry_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIR_PACKAGE_REGISTRY", "http://127.0.0.1:9")
    with pytest.raises(BadRequest) as caught:
        add_package("example.guide#1.0.0")
    assert caught.value.key == "definitions.no_registry"


@pytest.mark.parametrize("source", ["no such file", "../evil#1", "name", "name#", "a/b#1.0"])
def test_what_is_neither_file_nor_package_name_is_refused(source: str) -> None:
    with pytest.raises(BadRequest) as caught:
        add_package(source)
    assert caught.value.key == "definitions.no_source"


@pytest.mark.parametrize(
    "package", [a_package(manifest=False), a_package(name="../../evil"), a_package(version="../1")]
)
def test_a_package_without_a_proper_name_leaves_nothing_behind(
    tmp_path: Path, package: bytes
) -> None:
    file = tmp_path / "guide.tgz"
    file.write_bytes(package)
    with pytest.raises(BadPackage) as caught:
        add_package(str(file))
    assert caught.value.key == "definitions.no_manifest"
    assert list(packages_folder().glob("*")) == []


@pytest.mark.parametrize("name", ["hl7.fhir.uv.ips#2.0.0", "nothing#1", "../x#1"])
def test_only_what_was_added_can_be_removed(name: str) -> None:
    with pytest.raises(NotFound):
        remove_package(name)
