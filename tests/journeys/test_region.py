"""Three countries publish their patients' summaries; a doctor in any of them finds all by way of the regional node."""

import json
from pathlib import Path

import pytest

from sandbox.course import DocumentConsumer, DocumentSource, content_of, newest
from sandbox.course.client import Client
from sandbox.exchange import Exchange
from sandbox.settings import Member
from sandbox.store.partitions import Partitions, Tenant
from sandbox.validation import validate
from tests.builders import bridge
from tests.conftest import a_sandbox
from tests.places import PROJECT

pytestmark = pytest.mark.daily("journeys", share=0.25, each="module")

SEEDS = PROJECT / "datasets" / "seeds" / "training"
COUNTRIES = {
    "cl": "01-cl-rosa-fuenzalida",
    "br": "03-br-luzia-nogueira",
    "pa": "10-pa-iguandili-lopez",
}


@pytest.fixture
def region(tmp_path: Path) -> Path:
    known = Partitions(tmp_path / "sandbox")
    for country in COUNTRIES:
        known.add(Tenant(country, "off", 1))
    known.close()
    return tmp_path


def test_a_summary_goes_round_three_countries(region: Path) -> None:
    members = tuple(Member(country.upper(), f"/t/{country}/fhir") for country in COUNTRIES)
    with a_sandbox(region, members=members) as server:
        identifiers = {}
        for country, file in COUNTRIES.items():
            client = Client(
                f"http://sandbox.test/t/{country}/fhir", language="es", transport=bridge(server)
            )
            client.transact(json.loads((SEEDS / f"{file}.json").read_text(encoding="utf-8")))
            patient = f"Patient/{file[6:]}"
            first, *_ = client.fetch(patient).json["identifier"]
            identifiers[country] = f"{first['system']}|{first['value']}"
            sent = DocumentSource(client).publish(
                client.fetch(f"{patient}/$summary").json, patient=patient
            )
            assert isinstance(sent, Exchange)
            assert sent.status == 200

        doctor = DocumentConsumer(
            Client("http://sandbox.test/regional/fhir", language="es", transport=bridge(server))
        )
        for country, identifier in identifiers.items():
            reference = newest(doctor.find(identifier))
            address = reference["content"][0]["attachment"]["url"]
            assert f"/t/{country}/fhir/Binary/" in address  # each document stays in its country
            node = DocumentConsumer(
                Client(address.partition("/Binary")[0], language="es", transport=bridge(server))
            )
            retrieved = node.retrieve(reference)
            assert node.verify(reference, retrieved).is_good
            document = json.loads(content_of(retrieved))
            assert [
                one for one in validate(document, profiles=["ips"]) if one.severity == "error"
            ] == []
            assert identifier.partition("|")[2] in repr(node.show(document))
