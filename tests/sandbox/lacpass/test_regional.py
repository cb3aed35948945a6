"""The regional node: one search over several countries, and what became of each of them."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.settings import Member
from sandbox.store.partitions import Partitions, Tenant
from tests.builders import put
from tests.conftest import a_sandbox

QUERY = "patient.identifier=urn:oid:2.16.152|48215377-1&status=current"
LIMIT = 1.0
PATIENCE = 60.0  # of those that answer, on whatever machine


def a_reference(number: str, **elements: Any) -> dict[str, Any]:
    content = [{"attachment": {"contentType": "application/fhir+json", "url": f"Binary/{number}"}}]
    about = {"reference": "Patient/rosa"}
    return {
        "resourceType": "DocumentReference", "id": number, "status": "current", "subject": about, "content": content,
    } | elements  # fmt: skip


ROSA = {
    "resourceType": "Patient",
    "id": "rosa",
    "identifier": [{"system": "urn:oid:2.16.152", "value": "48215377-1"}],
}


@contextmanager
def a_region(
    folder: Path,
    *members: Member,
    faults: frozenset[str] = frozenset(),
    seconds: float = PATIENCE,
) -> Iterator[TestClient]:
    """A sandbox with the spaces of three countries, each with a document about Rosa, and further members."""
    countries = ("chile", "panama", "peru")
    known = Partitions(folder / "sandbox")
    for country in countries:
        known.add(Tenant(country, "off", 1))
    known.close()
    own = [Member(country[:2].upper(), f"/t/{country}/fhir") for country in countries]
    with a_sandbox(
        folder, members=(*own, *members), member_seconds=seconds, faults=faults
    ) as client:
        for country in countries:
            for resource in (ROSA, a_reference(f"of-{country}")):
                path = f"/t/{country}/fhir/{resource['resourceType']}/{resource['id']}"
                assert client.put(path, json=resource).status_code == 201
        yield client


@contextmanager
def a_server_that(answer: bytes | None) -> Iterator[str]:
    """A server on loopback that answers everything with these bytes, or never (None)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with ExitStack() as kept, suppress(OSError):
                while True:
                    connection = kept.enter_context(listener.accept()[0])
                    if answer is not None:
                        connection.recv(65536)
                        connection.sendall(answer)
                        connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for the next to come
            thread.join()


def outcomes(bundle: dict[str, Any]) -> dict[str, str]:
    """Returns what became of each node, by its address."""
    (last,) = [one["resource"] for one in bundle["entry"] if one["search"]["mode"] == "outcome"]
    return {one["expression"][0]: one["details"]["coding"][0]["code"] for one in last["issue"]}


def test_three_countries_answer_as_one(tmp_path: Path) -> None:
    with a_region(tmp_path) as client:
        bundle = client.get(f"/regional/fhir/DocumentReference?{QUERY}").json()
        found = [one for one in bundle["entry"] if one["search"]["mode"] == "match"]
        assert bundle["total"] == len(found) == 3
        assert set(outcomes(bundle).values()) == {"lacpass.node_answered"}
        addresses = {one["resource"]["content"][0]["attachment"]["url"] for one in found}
        assert "http://sandbox.test/t/chile/fhir/Binary/of-chile" in addresses
        assert found[0]["fullUrl"] == "http://sandbox.test/t/chile/fhir/DocumentReference/of-chile"
        other = client.get(
            "/regional/fhir/DocumentReference?patient.identifier=urn:oid:2.16.76|1"
        ).json()
        assert other["total"] == 0


def test_a_silent_node_is_named_and_costs_no_more_than_its_limit(tmp_path: Path) -> None:
    with (
        a_server_that(None) as silent,
        a_region(tmp_path, Member("BO", silent), seconds=LIMIT) as client,
    ):
        # whoever waited for it would wait for ever; how long it takes, `make bench` measures
        bundle = client.get(f"/regional/fhir/DocumentReference?{QUERY}").json()
        assert "total" not in bundle  # of all matches, and nobody knows what Bolivia has
        assert outcomes(bundle)[silent] == "lacpass.node_timed_out"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", "500"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n" + b'{"resourceType": "Patient"}  ',
            "Patient",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>", "HTML"),
        (b"garbage\r\n\r\n", ""),
    ],
)
def test_a_node_that_fails_is_named_with_the_reason(
    tmp_path: Path, answer: bytes, word: str
) -> None:
    with a_server_that(answer) as faulty, a_region(tmp_path, Member("BO", faulty)) as client:
        bundle = client.get(f"/regional/fhir/DocumentReference?{QUERY}").json()
        assert "total" not in bundle
        assert outcomes(bundle)[faulty] == "lacpass.node_failed"
        (issue,) = [
            one for one in bundle["entry"][-1]["resource"]["issue"] if one["expression"] == [faulty]
        ]
        assert word in issue["details"]["text"]
        assert issue["severity"] == "error"


def test_all_pages_of_a_node_are_read(tmp_path: Path) -> None:
    with a_region(tmp_path) as client:
        second = a_reference("second")
        place = "/t/chile/fhir/DocumentReference/second"
        assert client.put(place, json=second).status_code == 201
        bundle = client.get(f"/regional/fhir/DocumentReference?{QUERY}&_count=1").json()
    found = [one for one in bundle["entry"] if one["search"]["mode"] == "match"]
    assert bundle["total"] == len(found) == 4
    assert set(outcomes(bundle).values()) == {"lacpass.node_answered"}


@pytest.mark.parametrize(("told", "total"), [({}, None), ({"total": 52}, 55)])
def test_a_node_without_end_is_cut_and_its_total_is_never_invented(
    tmp_path: Path, told: dict[str, int], total: int | None
) -> None:
    page = {
        "resourceType": "Bundle",
        "type": "searchset",
        **told,
        # a host that nobody may be led to: of the address the query alone is taken
        "link": [{"relation": "next", "url": "http://169.254.169.254/fhir?page=2"}],
        "entry": [{"resource": a_reference("again")}],
    }
    body = json.dumps(page).encode()
    answer = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    with (
        a_server_that(answer) as endless,
        a_region(tmp_path, Member("BO", endless)) as client,
    ):
        bundle = client.get(f"/regional/fhir/DocumentReference?{QUERY}").json()
    assert outcomes(bundle)[endless] == "lacpass.node_cut"
    assert bundle.get("total") == total
    assert len([one for one in bundle["entry"] if one["search"]["mode"] == "match"]) == 23


def test_a_search_that_nodes_refuse_and_a_space_that_is_not_there_are_told(tmp_path: Path) -> None:
    with a_region(tmp_path, Member("XX", "/t/nowhere/fhir")) as client:
        bundle = client.get("/regional/fhir/DocumentReference?colour=blue").json()
        assert set(outcomes(bundle).values()) == {"lacpass.node_failed"}
        assert len(outcomes(bundle)) == 4


def test_lists_are_asked_for_as_well_and_parties_are_named(tmp_path: Path) -> None:
    with a_region(tmp_path) as client:
        listed = {"resourceType": "List", "id": "l", "status": "current", "mode": "working"}
        assert (
            put(client, "/List/elsewhere", {**listed, "id": "elsewhere"}).status_code == 201
        )  # in no country's space
        assert client.put("/t/peru/fhir/List/l", json=listed).status_code == 201
        bundle = client.get("/regional/fhir/List?status=current").json()
        assert [one["resource"]["id"] for one in bundle["entry"][:-1]] == ["l"]
        assert "search" not in bundle
        parties = client.get("/regional/trusted-parties").json()
        assert [(one["country"], one["url"]) for one in parties][:1] == [
            ("CH", "http://sandbox.test/t/chile/fhir")
        ]


def test_known_faults_can_be_switched_on(tmp_path: Path) -> None:
    faults = frozenset({"silent_nodes", "search_member"})
    with a_region(tmp_path, Member("XX", "/t/nowhere/fhir"), faults=faults) as client:
        bundle = client.get(f"/regional/fhir/DocumentReference?{QUERY}").json()
        assert [one["search"]["mode"] for one in bundle["entry"]] == ["match"] * 3
        assert client.get("/regional/fhir/List?status=current").json()["search"] == {
            "mode": "match"
        }


def test_owned_spaces_are_searched_for_a_participant_also_by_their_whole_address(
    tmp_path: Path,
) -> None:
    whole = Member("XX", "http://sandbox.test/t/chile/fhir")
    near = Member("YY", "http://sandbox.test:9/t/chile/fhir")  # another server
    with a_region(tmp_path, whole, near) as client:
        added = client.post("/api/people", json={"name": "Inés", "role": "facilitator"}).json()
        code = {"code": added["enter"].removeprefix("/enter/")}
        session = client.post("/api/enter", json=code).json()["session"]
        place = f"/regional/fhir/DocumentReference?{QUERY}"
        assert client.get(place).status_code == 401
        reply = client.get(place, headers={"Authorization": f"Bearer {session}"}).json()
        *found, told = reply["entry"]
        assert len(found) == 4
        severities = [issue["severity"] for issue in told["resource"]["issue"]]
        assert severities == ["information"] * 4 + ["error"]
