"""The pages of summaries: of a patient, of a stored document, of a team."""

from starlette.testclient import TestClient

from tests.builders import put


def test_a_patient_has_a_page_in_three_languages_without_any_script(trained: TestClient) -> None:
    page = trained.get("/ips/patient/rosa-fuenzalida?lang=es")
    assert page.status_code == 200
    assert "Alergias e intolerancias" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert "Alergias e intolerâncias" in trained.get("/ips/patient/rosa-fuenzalida?lang=pt").text
    assert "ips/patient/rosa-fuenzalida" in trained.get("/").text


def test_a_stored_document_has_a_page(trained: TestClient) -> None:
    document = {**trained.get("/fhir/Patient/rosa-fuenzalida/$summary").json(), "id": "d"}
    put(trained, "/Bundle/d", document)
    assert "Fuenzalida" in trained.get("/ips/document/d").text


def test_what_is_not_there_says_so(trained: TestClient) -> None:
    assert trained.get("/ips/patient/none?lang=es").status_code == 404
    assert trained.get("/ips/document/none").status_code == 404
    assert trained.get("/t/none/ips/patient/x").status_code == 404
