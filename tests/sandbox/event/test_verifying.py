"""Evidence verifies as it came out of a sandbox, and tells each change, with whose key it was signed."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jws
from joserfc.jwk import OKPKey
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.event.evidence import packed, signed
from sandbox.event.signing import FILE, PLACE, EvidenceKey, jwk_of, signer_of
from sandbox.event.verifying import verify
from sandbox.store.runs import hash_of
from tests.conftest import a_sandbox

FILES = {"events.ndjson": b'{"kind": "queued"}\n', "bodies/a": b"A" * 300, "bodies/b": b""}


@pytest.fixture
def key(tmp_path: Path) -> EvidenceKey:
    return EvidenceKey(tmp_path / "data")


def a_zip(key: EvidenceKey | None) -> bytes:
    return signed({"run": "r1"}, FILES, key)


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def faults(files: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(fault.key, fault.name) for fault in verify(packed(files)).faults]


def typed(*words: object) -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["evidence", *map(str, words)])
    return ended.exit_code, ended.output


def test_what_was_signed_verifies_and_is_the_same_each_time(key: EvidenceKey) -> None:
    content = a_zip(key)
    assert content == a_zip(key)
    verified = verify(content)
    assert (verified.faults, verified.about, verified.count) == ((), "r1", 3)
    assert (verified.key, verified.is_packed_anew) == (key.public(), False)


def test_every_changed_byte_is_told(key: EvidenceKey) -> None:
    content = a_zip(key)
    silent = [
        place
        for place in range(len(content))
        for verified in [
            verify(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        ]
        if not verified.faults and not verified.is_packed_anew
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"bodies/a": b"A" * 299 + b"B"}, [("evidence.changed", "bodies/a")]),
        ({"bodies/a": None}, [("evidence.removed", "bodies/a")]),
        ({"bodies/c": b"C"}, [("evidence.added", "bodies/c")]),
        ({"manifest.jws": None}, [("evidence.not_signed", "")]),
        ({"manifest.json": None}, [("evidence.no_manifest", "")]),
        ({"manifest.json": b"[1]"}, [("evidence.no_manifest", "")]),
        ({"manifest.json": b'{"files": {"events.ndjson": 1}}'}, [("evidence.no_manifest", "")]),
        ({"manifest.jws": b"a.b"}, [("evidence.bad_signature", "")]),
    ],
    ids=["changed", "removed", "added", "signature removed", "no manifest", "odd", "no hash", "no signature"],
)  # fmt: skip
def test_a_change_is_told_with_its_file(
    key: EvidenceKey, change: dict[str, bytes | None], told: list[tuple[str, str]]
) -> None:
    files = {**unpacked(a_zip(key)), **change}
    assert faults({name: body for name, body in files.items() if body is not None}) == told


def test_a_file_that_was_changed_together_with_its_hash_breaks_the_signature(
    key: EvidenceKey,
) -> None:
    files = unpacked(a_zip(key))
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["bodies/a"] = hash_of(b"forged")
    files |= {"bodies/a": b"forged", "manifest.json": json.dumps(manifest).encode()}
    assert faults(files) == [("evidence.bad_signature", "")]


def test_a_file_twice_is_told_and_so_is_what_is_no_zip(key: EvidenceKey) -> None:
    content = io.BytesIO(a_zip(key))
    with (
        zipfile.ZipFile(content, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("bodies/a", b"forged")
    assert [(fault.key, fault.name) for fault in verify(content.getvalue()).faults] == [
        ("evidence.twice", "bodies/a")
    ]
    assert [fault.key for fault in verify(b"PK no zip").faults] == ["evidence.unreadable"]


def test_a_zip_that_declares_too_much_is_not_unpacked(key: EvidenceKey) -> None:
    faults = verify(a_zip(key), most=299).faults
    assert [fault.key for fault in faults] == ["evidence.too_large.text"]


def test_a_library_by_others_makes_and_takes_the_same_signature(key: EvidenceKey) -> None:
    payload = unpacked(a_zip(key))["manifest.json"]
    signature = unpacked(a_zip(key))["manifest.jws"].decode()
    public = OKPKey.import_key({**key.public()})
    assert public.thumbprint() == key.public()["kid"]
    checked = jws.deserialize_compact(signature, public, payload=payload, algorithms=["Ed25519"])
    assert checked.payload == payload
    theirs = OKPKey.generate_key("Ed25519")
    header = {"alg": "Ed25519", "jwk": theirs.as_dict(private=False)}
    made = jws.serialize_compact(header, payload, theirs, algorithms=["Ed25519"])
    head, _, tail = made.encode().split(b".")
    found = signer_of(head + b".." + tail, payload)
    assert found is not None
    assert found["x"] == theirs.as_dict(private=False)["x"]
    assert signer_of(head + b".." + tail, payload + b" ") is None


def test_a_signer_s_own_word_about_its_id_counts_for_nothing(key: EvidenceKey) -> None:
    thief = OKPKey.generate_key("Ed25519")
    claimed = {**thief.as_dict(private=False), "kid": key.public()["kid"]}
    made = jws.serialize_compact(
        {"alg": "Ed25519", "kid": key.public()["kid"], "jwk": claimed}, b"x", thief, algorithms=["Ed25519"]
    )  # fmt: skip
    head, _, tail = made.encode().split(b".")
    found = signer_of(head + b".." + tail, b"x")
    assert found is not None
    assert found["kid"] != key.public()["kid"]


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = EvidenceKey(tmp_path / "data").public()
    assert EvidenceKey(tmp_path / "data").public() == first
    file = tmp_path / "data" / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [left.name for left in file.parent.iterdir()] == [FILE]
    raw = load_pem_private_key(file.read_bytes(), None).public_key().public_bytes_raw()  # type: ignore[union-attr]
    assert jwk_of(raw) == first


def test_a_server_signs_what_it_gives_and_shows_its_public_key(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        run = client.post("/api/runs", json={"track": "mhd.source", "system": "sandbox"}).json()
        content = client.get(f"/api/runs/{run['id']}/report/evidence").content
        shown = client.get(PLACE)
    verified = verify(content)
    assert (verified.faults, verified.about) == ((), run["id"])
    assert verified.key == shown.json()
    assert set(shown.json()) == {"kty", "crv", "x", "kid", "alg", "use"}


def test_the_command_says_whose_key_it_is(tmp_path: Path, key: EvidenceKey) -> None:
    file = tmp_path / "run.zip"
    file.write_bytes(a_zip(key))
    at, elsewhere = (("--data", tmp_path / folder) for folder in ("data", "elsewhere"))
    public = tmp_path / "key.json"
    public.write_text(typed("key", *at)[1])
    other = tmp_path / "other.json"
    other.write_text(typed("key", *elsewhere)[1])

    assert typed("verify", file, *at)[0] == 0
    assert typed("verify", file, *elsewhere)[0] == 4  # intact, by somebody
    assert typed("verify", file, "--key", public, *elsewhere)[0] == 0
    code, said = typed("verify", file, "--key", other, *at)
    assert (code, key.public()["kid"] in said) == (1, True)
    assert typed("verify", file, "--key", tmp_path / "none.json", *at)[0] == 2
    file.write_bytes(a_zip(None))
    assert typed("verify", file, *at)[0] == 1
    files = unpacked(a_zip(key)) | {"bodies/a": b"B"}
    file.write_bytes(packed(files))
    code, said = typed("verify", file, *at)
    assert (code, "bodies/a" in said) == (1, True)


def test_an_exported_audit_log_verifies_and_a_cut_line_is_told(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "data")]
    file = tmp_path / "audit.zip"
    for words in (["systems", "add", "hospital", "http://h.test/fhir"], ["audit", "export", str(file)]):  # fmt: skip
        assert CliRunner().invoke(app, [*words, *data]).exit_code == 0
    assert typed("verify", file, *data)[0] == 0
    lines = unpacked(file.read_bytes())["audit.ndjson"].splitlines(keepends=True)
    assert len(lines) == 2
    cut = signed({}, {"audit.ndjson": lines[1]}, EvidenceKey(tmp_path / "data"))
    assert [(fault.key, fault.name) for fault in verify(cut).faults] == [("audit.changed", "1")]
