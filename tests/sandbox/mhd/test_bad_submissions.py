"""Bad input to a Recipient that other tests do not name: refused, explained, and nothing of it stored."""

import base64

from starlette.testclient import TestClient

from tests.sandbox.mhd.submissions import a_document_reference, a_submission, a_submission_set, sha1


def stored(client: TestClient) -> int:
    return sum(
        client.get(f"/fhir/{type}?_summary=count").json()["total"]
        for type in ("List", "DocumentReference")
    )


def test_a_document_of_twenty_megabytes_is_refused_by_its_size(trained: TestClient) -> None:
    content = b"x" * (20 * 1024 * 1024)
    reply = trained.post("/fhir", json=a_submission(content=content))
    assert (reply.status_code, reply.json()["issue"][0]["code"]) == (413, "too-long")
    assert stored(trained) == 0


def test_an_entity_bomb_is_refused_before_it_is_read(trained: TestClient) -> None:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE Bundle [<!ENTITY l0 "lol">{lines}]><Bundle xmlns="http://hl7.org/fhir"><id value="&l9;"/></Bundle>'
    reply = trained.post("/fhir", content=bomb, headers={"Content-Type": "application/fhir+xml"})
    assert reply.status_code == 400
    assert stored(trained) == 0


def test_a_submission_about_two_patients_says_the_code_of_ihe(trained: TestClient) -> None:
    other = a_document_reference(subject={"reference": "Patient/luzia-nogueira"})
    reply = trained.post("/fhir", json=a_submission(other))
    assert reply.status_code == 400
    assert "XDSPatientIdDoesNotMatch" in reply.text
    assert stored(trained) == 0
    same = a_document_reference(subject=a_submission_set()["subject"])
    assert trained.post("/fhir", json=a_submission(same)).status_code == 200  # the right twin


def test_a_hash_of_the_base64_text_is_not_that_of_the_bytes(trained: TestClient) -> None:
    content = b"resumen"
    reference = a_document_reference(content)
    reference["content"][0]["attachment"]["hash"] = sha1(base64.b64encode(content))
    reply = trained.post("/fhir", json=a_submission(reference, content=content))
    assert (reply.status_code, "mhd.hash" in reply.text) == (400, True)
    assert stored(trained) == 0
