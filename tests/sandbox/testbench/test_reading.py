"""What scripts read of an exchange: a resource in either form, the parameters of a search, the address that was fetched."""

from __future__ import annotations

import pytest

from sandbox.exchange import Exchange
from sandbox.testbench.reading import in_json, is_named, parameters_of, place_of, resources_of

XML = b'<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/><entry><resource><List><id value="l1"/></List></resource></entry></Bundle>'


def exchange(url: str, *, method: str = "GET", sent: bytes = b"", body: bytes = b"") -> Exchange:
    return Exchange(method, f"http://bench.test{url}", (), sent, 200, (), body)


@pytest.mark.parametrize(
    "body",
    [
        XML,
        b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"List","id":"l1"}}]}',
    ],
)
def test_a_searchset_reads_the_same_in_both_forms(body: bytes) -> None:
    answer = in_json(exchange("/fhir/List", body=body))
    assert answer.json["type"] == "searchset"
    assert [resource["id"] for resource in resources_of(answer, "List")] == ["l1"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"not"])
def test_what_is_no_resource_is_an_empty_one(body: bytes) -> None:
    assert in_json(exchange("/fhir/List", body=body)).json == {}


def test_parameters_are_those_of_address_and_form() -> None:
    sent = exchange(
        "/fhir/List/_search?code=folder", method="POST", sent=b"status=current&patient=P%2F1"
    )
    assert parameters_of(sent) == [("code", "folder"), ("status", "current"), ("patient", "P/1")]


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("/inbox/r.secret/fhir/Binary/1", "Binary/1"),
        ("/through/i.token/fhir/docs?id=7&v=2", "docs?id=7&v=2"),
        ("/prefix/through/i.token/fhir/Binary/1", "Binary/1"),
    ],
)
def test_the_place_is_what_stands_behind_the_base(url: str, place: str) -> None:
    assert place_of(exchange(url)) == place


@pytest.mark.parametrize(
    ("body", "is_there"),
    [
        (b'{"url": "http://a.test/fhir/docs?id=7&v=2"}', True),
        (b'{"url": "http:\\/\\/a.test\\/fhir\\/docs?id=7&v=2"}', True),
        (b'<url value="http://a.test/fhir/docs?id=7&amp;v=2"/>', True),
        (b'{"url": "http://a.test/fhir/docs?id=7&v=23"}', False),
        (b"{}", False),
    ],
)
def test_an_address_is_named_however_it_is_written(body: bytes, is_there: bool) -> None:
    assert is_named("docs?id=7&v=2", body) is is_there
