"""Certificates, trust lists, links, kept documents and packages leave their lines in the audit log, and no word of a patient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.certificates.keys import kid_of
from sandbox.cli.verbs import app
from sandbox.clock import utc_now
from sandbox.i18n import LANGUAGES, say
from sandbox.store.audit import Audit, Entry
from sandbox.store.partitions import Partitions
from sandbox.trust.folder import TrustFolder
from sandbox.trust.gateway import Gateway
from sandbox.trust.pki import new_anchor, new_dsc
from sandbox.workers import pool_of
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import Event, an_event
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.ddcc.making import HCID, a_response
from tests.sandbox.definitions.test_registry import a_package
from tests.sandbox.pages.test_validate import WRONG, pasted
from tests.sandbox.trust.test_gateway import der

GENERATE = "QuestionnaireResponse/$generateHealthCertificate"
REVOKE = "Bundle/$revokeHealthCertificate"
DOCUMENT = {"resourceType": "Bundle", "type": "document", "entry": []}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL") as client:
        yield client


def entries(folder: Path) -> list[Entry]:
    """The audit log below a data folder, the oldest line first; its chain holds."""
    partitions = Partitions(folder)
    try:
        log = Audit(partitions.main)
        assert log.verify() == []
        return log.newest()[::-1]
    finally:
        partitions.close()


def acts(folder: Path) -> list[str]:
    return [entry.act for entry in entries(folder)]


def typed(*words: str, data: Path) -> str:
    ended = CliRunner().invoke(app, [*words, "--data", str(data)])
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_a_certificate_that_is_generated_and_revoked_is_told_without_its_identifier(
    sandbox: TestClient, tmp_path: Path
) -> None:
    assert sandbox.post(f"/fhir/{GENERATE}", json=a_response()).status_code == 201
    revoking = {"resourceType": "Parameters", "parameter": [{"name": "id", "valueString": HCID}]}
    assert sandbox.post(f"/fhir/{REVOKE}", json=revoking).status_code == 200
    made, issued, revoked = entries(tmp_path / "sandbox")
    assert (made.act, made.details) == ("trust.pki", {"country": "CL"})
    assert (issued.act, revoked.act) == ("certificate.issued", "certificate.revoked")
    handles = {entry.act: set(str(entry.details["id"]).split()) for entry in (issued, revoked)}
    assert handles["certificate.issued"] <= handles["certificate.revoked"]
    assert all(
        handle.startswith(("signature:", "uci:")) for handle in handles["certificate.issued"]
    )
    text = json.dumps([dict(entry.details) for entry in (issued, revoked)])
    assert HCID not in text
    assert not any(word in text for word in _answers(a_response()["item"]) if len(word) > 2)


def _answers(items: list[dict[str, object]]) -> Iterator[str]:
    for item in items:
        for answer in item.get("answer", []):  # type: ignore[attr-defined]
            yield from (value for value in answer.values() if isinstance(value, str))
        yield from _answers(item.get("item", []))  # type: ignore[arg-type]


def test_a_certificate_that_could_not_be_kept_was_not_issued(
    sandbox: TestClient, tmp_path: Path
) -> None:
    # a folder in its place: as a full disk would, it refuses to be written
    (tmp_path / "sandbox" / "trust" / "issued.txt").mkdir(parents=True)
    assert sandbox.post(f"/fhir/{GENERATE}", json=a_response()).status_code == 500
    assert "certificate.issued" not in acts(tmp_path / "sandbox")
    assert sandbox.get("/fhir/DocumentReference?_summary=count").json()["total"] == 0


def test_the_commands_that_sign_and_revoke_are_told_with_whoever_typed_them(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    content = tmp_path / "content.json"
    content.write_text(json.dumps(CONTENTS["eu_dcc"]), encoding="utf-8")
    typed("pki", "init", "--country", "CL", data=data)
    text = typed("cert", "issue", str(content), "--country", "CL", data=data).splitlines()[0]
    typed("cert", "revoke", text, data=data)
    typed("pki", "add", "--country", "CL", data=data)
    key = TrustFolder(data / "trust").pki("CL").dsc[-1]
    kid = kid_of(key.certificate).hex()
    typed("pki", "unlist", "--kid", kid, data=data)
    told = entries(data)
    assert [entry.act for entry in told] == [
        "trust.pki", "certificate.issued", "certificate.revoked", "trust.added", "trust.removed",
    ]  # fmt: skip
    assert {entry.door for entry in told} == {"command"}
    assert [entry.details for entry in told[-2:]] == [{"country": "CL", "id": kid}] * 2


def test_whoever_only_reads_or_is_refused_leaves_no_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    typed("pki", "init", "--country", "CL", data=data)
    typed("pki", "list", data=data)
    again = CliRunner().invoke(app, ["pki", "init", "--country", "CL", "--data", str(data)])
    assert again.exit_code != 0
    assert acts(data) == ["trust.pki"]


def test_a_signer_that_comes_and_goes_over_the_gateway_is_told(tmp_path: Path) -> None:
    from sandbox.trust import cms

    partitions = Partitions(tmp_path)
    folder = TrustFolder(tmp_path / "trust", record=Audit(partitions.main).record)
    pki = folder.init("CL", at=utc_now())
    signer = new_dsc("CL", pki.sca, at=utc_now())
    upload = cms.signed(der(signer), pki.up)
    gateway = Gateway(folder, new_anchor(at=utc_now()), pool_of(1))
    gateway.upload("CL", upload, at=utc_now())
    gateway.delete("CL", upload)
    partitions.close()
    assert acts(tmp_path) == ["trust.pki", "trust.added", "trust.removed"]


def test_a_health_link_is_told_when_it_is_made_locked_and_withdrawn(
    sandbox: TestClient, tmp_path: Path
) -> None:
    wish = {"content": DOCUMENT, "passcode": "4711", "label": "Resumen de Rosa"}
    made = sandbox.post("/api/links", json=wish).json()
    place = made["url"].removeprefix("http://sandbox.test")
    guess = {"recipient": "Clínica Sur", "passcode": "0000"}
    for _ in range(9):
        assert sandbox.post(place, json=guess).status_code == 401
    assert acts(tmp_path / "sandbox") == ["link.made"]
    assert sandbox.post(place, json=guess).status_code == 401
    assert sandbox.post(place, json=guess).status_code == 404
    gone = sandbox.post("/api/links", json={"content": DOCUMENT}).json()
    withdrawn = sandbox.post(f"/api/links/{gone['id']}/withdraw", json={"secret": gone["secret"]})
    assert withdrawn.status_code == 200
    told = entries(tmp_path / "sandbox")
    assert [(entry.act, entry.details["id"]) for entry in told] == [
        ("link.made", made["id"][:8]), ("link.locked", made["id"][:8]),
        ("link.made", gone["id"][:8]), ("link.withdrawn", gone["id"][:8]),
    ]  # fmt: skip
    text = json.dumps([dict(entry.details) for entry in told])
    assert not any(
        word in text for word in ("4711", "Rosa", made["id"], made["secret"], gone["secret"])
    )


def test_a_document_that_is_kept_and_deleted_is_told(sandbox: TestClient, tmp_path: Path) -> None:
    kept = pasted(sandbox, WRONG, "/validate/keep").headers["location"]
    place = "/validate/" + kept.partition("validate/")[2]
    assert sandbox.delete(place).status_code == 204
    assert sandbox.delete(place).status_code == 404
    told = entries(tmp_path / "sandbox")
    assert [entry.act for entry in told] == ["judgement.kept", "judgement.removed"]
    secret = place.rpartition("/")[2].partition("?")[0]
    assert [entry.details["id"] for entry in told] == [secret[:8]] * 2
    assert secret not in json.dumps([dict(entry.details) for entry in told])


def test_a_package_that_is_added_and_removed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTATHON_DATA", str(tmp_path / "data"))
    file = tmp_path / "guide.tgz"
    file.write_bytes(a_package())
    for words in (["add", str(file)], ["remove", "example.guide#1.0.0"]):
        assert CliRunner().invoke(app, ["packages", *words]).exit_code == 0
    assert CliRunner().invoke(app, ["packages", "remove", "example.guide#1.0.0"]).exit_code != 0
    told = [(entry.act, entry.details) for entry in entries(tmp_path / "data")]
    name = {"name": "example.guide#1.0.0"}
    assert told == [("package.added", name), ("package.removed", name)]


def test_who_signs_in_a_space_is_named_by_session_and_by_token(tmp_path: Path) -> None:
    with an_event(tmp_path, country="CL") as event:
        _generate(event, event.sessions["Ana"])
        _generate(event, event.token("Chile"))
        told = [entry for entry in entries(tmp_path / "sandbox") if "issued" in entry.act]
    assert [(entry.who, entry.team, entry.door) for entry in told] == [
        ("Ana", "Chile", "api"), ("", "Chile", "api"),
    ]  # fmt: skip


def _generate(event: Event, secret: str) -> None:
    answer = event.ask("POST", f"/t/chile/fhir/{GENERATE}", secret, json=a_response())
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_act_is_said_in_words(language: str) -> None:
    for act in (
        "trust.pki", "trust.added", "trust.removed", "certificate.issued", "certificate.revoked",
        "certificate.restored", "link.made", "link.locked", "link.withdrawn", "judgement.kept", "judgement.removed",
        "package.added", "package.removed",
    ):  # fmt: skip
        assert act not in say(f"audit.act.{act}", language)  # type: ignore[arg-type]
