"""Systems that receive: the right one passes, and each way to receive wrongly fails its own test."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.certificates.keys import KeyList
from sandbox.certificates.links import is_link, links_in, opened, read_link
from sandbox.certificates.receiving import Answer, receive
from sandbox.certificates.revocation import handles_in
from sandbox.certificates.verifying import verify
from sandbox.testbench.link_ground import order_of as order_of_links
from sandbox.testbench.link_kinds import LINKS
from sandbox.testbench.tracks.trustlist_consumer import KINDS, order_of
from sandbox.trust.cms import opened as opened_cms
from sandbox.trust.documents import read_list
from tests.conftest import TickingClock, a_sandbox

SOON = TickingClock().now + timedelta(minutes=30)
LIST = "v2/trustlist/-/-/DSC/did.json"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path, country="CL") as client:
        yield client


class Inbox:
    """A run that waits, and what is sent to it."""

    def __init__(self, client: TestClient, track: str) -> None:
        self.client = client
        run = client.post(
            "/api/runs", json={"track": track, "system": "sandbox", "inputs": {}}
        ).json()
        self.id, self.place = run["id"], run["inbox"]

    def send(self, method: str, place: str, **more: Any) -> Any:
        return self.client.request(method, f"{self.place}/{place}", **more)

    def verdicts(self) -> dict[str, str]:
        tests = self.client.get(f"/api/runs/{self.id}").json()["tests"]
        return {one["number"]: one["verdict"] for one in tests if one["verdict"] != "pass"}


def family_in(content: bytes) -> str:
    held = [one["resource"] for one in json.loads(content)["entry"]]
    return str(next(one["name"][0]["family"] for one in held if one["resourceType"] == "Patient"))


FIRST = [f"VHR-{number:02}" for number in range(1, 7)]


def test_a_link_is_opened_from_its_code_to_its_proof(sandbox: TestClient) -> None:
    inbox = Inbox(sandbox, "vhl.receiver")
    made = inbox.send("GET", "$link").json()

    def fetch(method: str, address: str, body: dict[str, Any] | None) -> Answer:
        reply = sandbox.request(method, address.removeprefix("http://sandbox.test"), json=body)
        return Answer(reply.status_code, reply.headers.get("content-type", ""), reply.content)

    found = receive(
        made["link"], fetch, recipient="Clínica Sur", passcode=made["passcode"], at=SOON
    )
    assert [one.id for one in found.findings] == []
    inbox.send("GET", "$proof", params={"family": family_in(found.files[0].content)})
    assert not set(inbox.verdicts()) & set(FIRST)
    verified = verify(made["certificate"], KeyList(), at=SOON)
    assert (verified.form, verified.content["value"][0]["u"]) == ("vhl_list", made["link"])


Steps = Callable[[Inbox, dict[str, Any]], None]


def asking(body: Any, *, headers: dict[str, str] | None = None, query: str = "") -> Steps:
    """Asks for the manifest in one way, then fetches and proves as is right."""

    def steps(inbox: Inbox, made: dict[str, Any]) -> None:
        link = read_link(made["link"], at=SOON)[1]
        assert link is not None
        content = json.dumps(body(made) if callable(body) else body).encode()
        place = f"shl/{link.url.rpartition('/')[2]}{query}"
        kind = headers or {"Content-Type": "application/json"}
        files = inbox.send("POST", place, content=content, headers=kind).json().get("files")
        if files:
            fetched(inbox, made, files)

    return steps


def fetched(
    inbox: Inbox,
    made: dict[str, Any],
    files: list[dict[str, str]],
    *,
    times: int = 1,
    query: str = "",
) -> None:
    link = read_link(made["link"], at=SOON)[1]
    assert link is not None
    place = files[0]["location"].partition("/fhir/")[2]
    content = inbox.send("GET", place + query).content
    for _ in range(times - 1):
        inbox.send("GET", place + query)
    inbox.send("GET", "$proof", params={"family": family_in(opened(content.decode(), link.key)[0])})


def right(made: dict[str, Any]) -> dict[str, Any]:
    return {"recipient": "Clínica Sur", "passcode": made["passcode"]}


def key_along(inbox: Inbox, made: dict[str, Any]) -> None:
    payload = read_link(made["link"], at=SOON)[0].content
    asking(lambda one: {**right(one), "key": payload["key"]})(inbox, made)


def test_who_asks_for_the_manifest_anew_behind_the_file_is_right(sandbox: TestClient) -> None:
    inbox = Inbox(sandbox, "vhl.receiver")
    made = inbox.send("GET", "$link").json()
    asking(right)(inbox, made)
    asking(right)(inbox, made)
    link = read_link(made["link"], at=SOON)[1]
    assert link is not None
    inbox.send("POST", f"shl/{link.url.rpartition('/')[2]}", json=right(made))
    assert not set(inbox.verdicts()) & set(FIRST)


def twice(inbox: Inbox, made: dict[str, Any]) -> None:
    link = read_link(made["link"], at=SOON)[1]
    assert link is not None
    files = inbox.send("POST", f"shl/{link.url.rpartition('/')[2]}", json=right(made)).json()[
        "files"
    ]
    fetched(inbox, made, files, times=2)


def other_name(inbox: Inbox, made: dict[str, Any]) -> None:
    asking(right)(inbox, made)
    inbox.send("GET", "$proof", params={"family": "Nadie"})


WRONG: dict[str, tuple[Steps, dict[str, str]]] = {
    "right": (asking(right), {}),
    "a form": (asking(right, headers={"Content-Type": "application/x-www-form-urlencoded"}), {"VHR-01": "fail"}),
    "a passcode in the address": (asking(right, query="?passcode=1"), {"VHR-03": "fail"}),
    "the key sent along": (key_along, {"VHR-05": "fail"}),
    "fetched twice": (twice, {"VHR-04": "warn", "VHR-06": "skip"}),
    "another name": (other_name, {"VHR-06": "fail"}),
}  # fmt: skip
UNANSWERED: dict[str, tuple[Steps, str]] = {
    "no recipient": (asking(lambda made: {"passcode": made["passcode"]}), "VHR-02"),
    "no passcode": (asking({"recipient": "x"}), "VHR-03"),
    "a wrong passcode": (asking({"recipient": "x", "passcode": "no"}), "VHR-03"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_each_way_to_receive_wrongly_fails_its_own_test(sandbox: TestClient, name: str) -> None:
    steps, expected = WRONG[name]
    inbox = Inbox(sandbox, "vhl.receiver")
    steps(inbox, inbox.send("GET", "$link").json())
    told = {number: verdict for number, verdict in inbox.verdicts().items() if number in FIRST}
    assert told == expected


@pytest.mark.parametrize("name", UNANSWERED)
def test_what_is_not_answered_fails_its_own_test_and_leaves_the_rest_open(
    sandbox: TestClient, name: str
) -> None:
    steps, number = UNANSWERED[name]
    inbox = Inbox(sandbox, "vhl.receiver")
    steps(inbox, inbox.send("GET", "$link").json())
    found = inbox.verdicts()
    assert found.pop(number) == "fail"
    assert "fail" not in {
        verdict for other, verdict in found.items() if (name, other) != ("no recipient", "VHR-03")
    }


def shown(text: str, sandbox: TestClient, keys: KeyList) -> str:
    """What a right receiver says of a link: the family name behind it, or that it refuses."""
    if not is_link(text):
        certificate = verify(text, keys, at=SOON)
        if any(step.status == "fail" for step in certificate.steps if step.name != "schema"):
            return "refused"
        (text,) = links_in(certificate.content)

    def fetch(method: str, address: str, body: dict[str, Any] | None) -> Answer:
        reply = sandbox.request(method, address.removeprefix("http://sandbox.test"), json=body)
        return Answer(reply.status_code, reply.headers.get("content-type", ""), reply.content)

    received = receive(text, fetch, recipient="Clínica Sur", at=SOON)
    if received.certificate.step("validity").status != "ok":
        return "refused"
    read = [file.content for file in received.files if file.content_type == "application/fhir+json"]
    return family_in(read[0]) if read else "refused"


def received_links(
    sandbox: TestClient, wrong: str = "", told_instead: str | None = None
) -> dict[str, str]:
    """Opens every link, and tells; of one kind something else is told."""
    inbox = Inbox(sandbox, "vhl.receiver")
    judged = read_list(inbox.send("GET", LIST).json(), at=SOON)
    keys = KeyList(judged.keys, refused=judged.refused)
    links = inbox.send("GET", "$links").json()["links"]
    told = {str(one["number"]): shown(one["text"], sandbox, keys) for one in links}
    order = order_of_links(inbox.place.partition("/inbox/")[2].partition("/")[0])
    if wrong:
        told[str(order.index(wrong) + 1)] = "Nadie" if told_instead is None else told_instead
    inbox.send("GET", "$proof", params=told)
    return {number: one for number, one in inbox.verdicts().items() if number not in FIRST}


def test_a_receiver_that_judges_each_link_passes(sandbox: TestClient) -> None:
    assert received_links(sandbox) == {}
    assert len(LINKS) >= 15


def test_what_is_fetched_from_an_offer_is_no_stray(sandbox: TestClient) -> None:
    inbox = Inbox(sandbox, "vhl.receiver")
    inbox.send("POST", "k/none", json={"recipient": "x"})
    inbox.send("GET", "Patient/1")
    (stray,) = sandbox.get(f"/api/runs/{inbox.id}").json()["unmatched"]
    assert "Patient/1" in stray["where"] + stray["text"]


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize("kind", LINKS)
def test_a_receiver_that_is_wrong_about_one_link_fails_its_test_alone(
    sandbox: TestClient, kind: str
) -> None:
    number = f"VHR-{list(LINKS).index(kind) + 7:02}"
    assert received_links(sandbox, kind) == {number: "fail"}
    if LINKS[kind].is_right:
        # of signed codes one alone is right: who refuses it has shown no reason to refuse the rest
        rest = [f"VHR-{number}" for number in range(25, 30)] if kind == "signed" else []
        expected = {number: "fail", **dict.fromkeys(rest, "skip")}
        assert received_links(sandbox, kind, "refused") == expected


def test_a_link_of_which_nothing_is_told_fails(sandbox: TestClient) -> None:
    assert received_links(sandbox, "plain", "") == {"VHR-07": "fail"}


def test_a_link_of_another_inbox_leads_nowhere(sandbox: TestClient) -> None:
    mine, other = Inbox(sandbox, "vhl.receiver"), Inbox(sandbox, "vhl.receiver")
    texts = [one["text"] for one in mine.send("GET", "$links").json()["links"]]
    link = next(
        found for text in texts if is_link(text) for found in [read_link(text, at=SOON)[1]] if found
    )
    token = link.url.rpartition("/")[2]
    assert other.send("POST", f"k/{token}", json={"recipient": "x"}).status_code == 404
    assert mine.send("POST", "k/none", json={"recipient": "x"}).status_code == 404


def test_no_passcode_stands_in_the_evidence(sandbox: TestClient, tmp_path: Path) -> None:
    inbox = Inbox(sandbox, "vhl.receiver")
    asking({"recipient": "x", "passcode": "SECRETO-1"})(inbox, inbox.send("GET", "$link").json())
    (tmp_path / "evidence.zip").write_bytes(
        sandbox.get(f"/api/runs/{inbox.id}/report/evidence").content
    )
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        held = b"".join(archive.read(name) for name in archive.namelist())
    assert b'"passcode": "***"' in held
    assert b"SECRETO-1" not in held


VERDICTS = {
    "cose": "form", "trust": "unlisted", "validity": "expired", "signature": "changed",
    "key_usage": "content", "revocation": "revoked",
}  # fmt: skip


def verdict_of(text: str, keys: KeyList, revoked: frozenset[str], *, deaf_to: str = "") -> str:
    """What a verifier says of a code; one that is deaf to a step takes what fails there."""
    found = verify(text, keys, at=SOON, revoked=revoked)
    failed = [one.name for one in found.steps if one.status == "fail" and one.name != deaf_to]
    return next((VERDICTS[name] for name in failed if name in VERDICTS), "valid")


def revoked_in(inbox: Inbox) -> frozenset[str]:
    rows = inbox.send("GET", "revocation-list").json()["batches"]
    batches = [inbox.send("GET", f"revocation-list/{row['batchId']}") for row in rows]
    return frozenset(handles_in([json.loads(opened_cms(one.content)[0]) for one in batches]))


def consumed(
    sandbox: TestClient, wrong: str = "", told_instead: str = "", *, deaf_to: str = ""
) -> dict[str, str]:
    """Gets the list and the codes, judges them, tells; of the code of one kind something else is told."""
    inbox = Inbox(sandbox, "trustlist.consumer")
    judged = read_list(inbox.send("GET", LIST).json(), at=SOON)
    keys = KeyList(judged.keys, refused=judged.refused)
    revoked = revoked_in(inbox)
    codes = inbox.send("GET", "$certificates").json()["codes"]
    told = {
        str(one["number"]): verdict_of(one["text"], keys, revoked, deaf_to=deaf_to) for one in codes
    }
    order = order_of(inbox.place.partition("/inbox/")[2].partition("/")[0])
    if wrong:
        told[str(order.index(wrong) + 1)] = told_instead
    inbox.send("GET", "$proof", params=told)
    return inbox.verdicts()


def test_a_verifier_that_judges_by_the_list_passes(sandbox: TestClient) -> None:
    assert consumed(sandbox) == {}
    assert len(KINDS) >= 15


@pytest.mark.parametrize(("deaf_to", "test"), [("revocation", "TLC-23"), ("cose", "TLC-24")])
def test_a_verifier_that_ignores_what_was_taken_back_or_is_critical_fails_that_test_alone(
    sandbox: TestClient, deaf_to: str, test: str
) -> None:
    assert consumed(sandbox, deaf_to=deaf_to) == {test: "fail"}


def test_a_batch_is_signed_by_the_upload_key_and_no_other_is_served(sandbox: TestClient) -> None:
    inbox = Inbox(sandbox, "trustlist.consumer")
    (row,) = inbox.send("GET", "revocation-list").json()["batches"]
    content, signer = opened_cms(inbox.send("GET", f"revocation-list/{row['batchId']}").content)
    assert (json.loads(content)["hashType"], row["country"]) == ("UCI", "CL")
    assert "UP" in signer.subject.rfc4514_string()
    assert inbox.send("GET", "revocation-list/another").status_code == 404


@pytest.mark.daily("faults", share=0.25)
@pytest.mark.parametrize("kind", KINDS)
def test_a_twin_that_is_wrong_about_one_kind_fails_its_test_alone(
    sandbox: TestClient, kind: str
) -> None:
    number = f"TLC-{list(KINDS).index(kind) + 4:02}"
    is_valid = KINDS[kind] == "valid"
    assert consumed(sandbox, kind, "invalid" if is_valid else "valid") == {number: "fail"}


def test_a_verdict_that_is_not_told_fails(sandbox: TestClient) -> None:
    assert consumed(sandbox, "changed") == {"TLC-07": "fail"}


def test_a_list_from_another_path_is_told(sandbox: TestClient) -> None:
    inbox = Inbox(sandbox, "trustlist.consumer")
    inbox.send("GET", "v2/trustlist/did.json", headers={"Accept": "text/html"})
    assert inbox.verdicts()["TLC-02"] == "warn"
    assert inbox.send("GET", "v2/trustlist/nothing").status_code == 404


def test_a_list_that_was_not_got_fails(sandbox: TestClient) -> None:
    inbox = Inbox(sandbox, "trustlist.consumer")
    inbox.send("GET", "v2/trustlist/nothing/else.did.json")
    assert inbox.verdicts()["TLC-01"] == "fail"
