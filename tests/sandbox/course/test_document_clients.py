"""Document Source and Consumer of the course: published, found, fetched, verified, shown, against the real server."""

from typing import Any

from starlette.testclient import TestClient

from sandbox.course import (
    DocumentConsumer,
    DocumentSource,
    build_summary,
    content_of,
    matches,
    submission,
)
from sandbox.course.blank import BLANK
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json
from sandbox.submissions import check_submission
from tests.builders import a_client

ROSA = "Patient/rosa-fuenzalida"
NUMBER = "urn:oid:2.16.152|48215377-1"


def exchanged(answer: Any) -> Exchange:
    assert isinstance(answer, Exchange)
    return answer


def the_summary(client: TestClient) -> Json:
    return dict(exchanged(a_client(client).get(f"{ROSA}/$summary")).json)


def published(client: TestClient, *, replaces: str = "") -> str:
    reply = exchanged(
        DocumentSource(a_client(client)).publish(
            the_summary(client), patient=ROSA, replaces=replaces
        )
    )
    assert reply.status == 200, reply.json
    return str(reply.json["entry"][1]["response"]["location"].partition("/_history")[0])


def test_the_source_makes_submissions_that_nothing_can_be_said_against(trained: TestClient) -> None:
    bundle = submission(the_summary(trained), patient=ROSA)
    assert [one for one in check_submission(bundle) or [] if one.severity != "information"] == []
    assert check_submission(bundle) is not None


def test_what_is_published_is_found_fetched_whole_and_shown(trained: TestClient) -> None:
    place = published(trained)
    consumer = DocumentConsumer(a_client(trained, "es"))
    found = matches(consumer.find(NUMBER))
    assert [f"DocumentReference/{one['id']}" for one in found] == [place]
    content = exchanged(consumer.retrieve(found[0]))
    assert content.json["resourceType"] == "Binary"  # asked for FHIR, this server sends the wrapper
    checked = consumer.verify(found[0], content)
    assert not isinstance(checked, type(BLANK))
    assert (checked.size, checked.hash, checked.is_good) == (True, True, True)
    shown = consumer.show(content)
    assert "Hipertensión arterial esencial" in repr(shown)
    assert "<td" in shown._repr_html_()


def test_bytes_that_changed_on_their_way_are_noticed(trained: TestClient) -> None:
    published(trained)
    consumer = DocumentConsumer(a_client(trained))
    reference = matches(consumer.find(NUMBER))[0]
    content = exchanged(consumer.retrieve(reference))
    swapped = content_of(content).replace(b"Metformina", b"Metformino")
    checked = consumer.verify(reference, swapped)
    assert not isinstance(checked, type(BLANK))
    assert (checked.size, checked.hash, checked.is_good) == (True, False, False)


def test_a_server_that_sends_the_document_itself_is_understood_as_well(trained: TestClient) -> None:
    published(trained)
    consumer = DocumentConsumer(a_client(trained))
    reference = matches(consumer.find(NUMBER))[0]
    place = reference["content"][0]["attachment"]["url"]
    plain = exchanged(consumer.client.send("GET", place, headers={"Accept": "*/*"}))
    assert plain.json["resourceType"] == "Bundle"
    checked = consumer.verify(reference, plain)
    assert not isinstance(checked, type(BLANK))
    assert checked.is_good


def test_a_replacement_leaves_one_current_document(trained: TestClient) -> None:
    first = published(trained)
    second = published(trained, replaces=first)
    found = matches(DocumentConsumer(a_client(trained)).find(NUMBER))
    assert [f"DocumentReference/{one['id']}" for one in found] == [second]
    assert trained.get(f"/fhir/{first}").json()["status"] == "superseded"


def test_the_newest_match_is_the_first_and_other_entries_are_passed_over() -> None:
    entries: list[Json] = [
        {"resource": {"resourceType": "DocumentReference", "id": "old", "date": "2023-01-01"}},
        {"resource": {"resourceType": "OperationOutcome"}},
        {
            "resource": {
                "resourceType": "DocumentReference",
                "id": "new",
                "meta": {"lastUpdated": "2024-01-01"},
            }
        },
        {"link": []},
    ]
    assert [one["id"] for one in matches({"entry": entries})] == ["new", "old"]


def test_a_blank_stays_a_blank(trained: TestClient) -> None:
    client = a_client(trained)
    source, consumer = DocumentSource(client), DocumentConsumer(client)
    results = [
        source.publish(BLANK, patient=ROSA),
        consumer.find(repr(BLANK)),
        consumer.retrieve(BLANK),
    ]
    results += [consumer.verify(BLANK, b""), consumer.show(BLANK), build_summary(BLANK)]
    assert all(one is BLANK for one in results)
    assert client.exchanges == []


def test_a_hostile_narrative_is_shown_as_words_only(trained: TestClient) -> None:
    document = the_summary(trained)
    section = document["entry"][0]["resource"]["section"][0]
    section["text"]["div"] = (
        '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script>Hola</div>'
    )
    section["entry"] = [{"reference": "urn:uuid:<img src=x>"}]
    page = DocumentConsumer(a_client(trained)).show(document)._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
