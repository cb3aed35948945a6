"""The medication overview as a code: the sandbox's mediator passes, and each way to sign it wrongly fails the tests that it belongs to."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.certificates.claims import Claims
from sandbox.certificates.hcert import encoded, read
from sandbox.certificates.keys import kid_of
from sandbox.clock import fhir_instant
from sandbox.exchange import Exchange
from sandbox.testbench.engine import play_track
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from sandbox.testbench.tracks.meow_issuer import codes_in
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.certificates.making import CONTENTS, chile, signed
from tests.sandbox.testbench.playing import GIVEN, verdicts
from tests.sandbox.testbench.test_ddcc_tracks import LIST, Change, Changing

LATER = fhir_instant(TickingClock().now + timedelta(hours=12))
"""The tests of a module share one server, whose clock goes on."""
Claim = dict[str, Any]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with a_sandbox(tmp_path_factory.mktemp("meow"), country="CL") as client:
        yield client


def judged(client: TestClient, change: Change | None = None, **given: str) -> dict[str, list[str]]:
    app: Any = client.app
    transport = Changing(app, change or (lambda _, status, body: (status, body)))
    inputs = {**GIVEN, "now": LATER, "trustlist": LIST, **given}

    async def play() -> Any:
        async with Sender("http://sandbox.test/mediator/fhir", transport=transport) as send:
            return await play_track(TRACKS["meow.issuer"], inputs, send)

    return verdicts(asyncio.run(play()))


def an_exchange(body: Any) -> Exchange:
    content = json.dumps(body).encode()
    return Exchange("GET", "http://sandbox.test/x", (), b"", 200, (), content)


def resigned(change: Callable[[Claim], Any], *, number: int = -7, days: int = 30) -> Change:
    """Returns an issuer that signs something else, by a key that no list has."""

    def changed(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        if not request.url.path.endswith("$meow") or status != 200:
            return status, body
        (text,) = codes_in(an_exchange(body))
        certificate = read(text)
        content: Claim = dict(certificate.content)
        content["m"] = [dict(medicine) for medicine in content["m"]]
        altered = change(content)
        held = {number: content if altered is None else altered}
        ends = int(datetime.fromisoformat(LATER).timestamp()) + days * 86_400
        claims = Claims("CL", ends - 60 * 86_400, ends, held)
        signer = chile().dsc[0]
        text = encoded(claims, signer.key, kid=kid_of(signer.certificate))
        data = base64.b64encode(text.encode()).decode()
        attachment = {"contentType": "text/plain", "data": data}
        return status, {
            "resourceType": "DocumentReference",
            "content": [{"attachment": attachment}],
        }

    return changed


def always(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    """A server that signs whatever is asked."""
    is_refusal = request.url.path.endswith("$meow") and status >= 400
    return (200, {"resourceType": "DocumentReference"}) if is_refusal else (status, body)


def without_reason(_: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
    return status, {"error": "no"} if status >= 400 else body


def another(**values: Any) -> Callable[[Claim], None]:
    def change(content: Claim) -> None:
        content.update(values)

    return change


def in_medicines(**values: Any) -> Callable[[Claim], None]:
    def change(content: Claim) -> None:
        for medicine in content["m"]:
            medicine.update(values)

    return change


def untold(content: Claim) -> None:
    for medicine in content["m"]:
        medicine.pop("d", None)


def first_alone(content: Claim) -> None:
    content["m"] = content["m"][:1]


def with_what_is_not_taken(content: Claim) -> None:
    content["m"].append({"m": "Metotrexato 2,5 mg"})


# whoever signs again signs by a key that is not listed
FAULTS: dict[str, tuple[Change, dict[str, set[str]]]] = {
    "another person": (resigned(another(n="Otra Persona")), {"fail": {"MEO-04", "MEO-11"}}),
    "another birth date": (resigned(another(dob="1999-01-01")), {"fail": {"MEO-04", "MEO-11"}}),
    "another dose": (resigned(in_medicines(d="Diez al día")), {"fail": {"MEO-05", "MEO-07", "MEO-11"}}),
    "another end": (resigned(in_medicines(ee="2031-01-01")), {"fail": {"MEO-05", "MEO-07", "MEO-11"}}),
    "no dose": (resigned(untold), {"fail": {"MEO-11"}, "warn": {"MEO-05", "MEO-07"}}),
    "a medicine too few": (resigned(first_alone), {"fail": {"MEO-05", "MEO-11"}}),
    "a medicine that is not taken": (resigned(with_what_is_not_taken), {"fail": {"MEO-06", "MEO-07", "MEO-11"}}),
    "more than the overview has": (resigned(another(phone="+56 9")), {"fail": {"MEO-11"}, "warn": {"MEO-09"}}),
    "another claim": (resigned(lambda content: content, number=-6), {"fail": {"MEO-11"}, "warn": {"MEO-03"}}),
    "a vaccination": (resigned(lambda _: CONTENTS["icvp_2025"], number=-6), {"fail": {"MEO-03", "MEO-04", "MEO-05", "MEO-07", "MEO-11"}, "skip": {"MEO-06"}}),
    "an empty name": (resigned(in_medicines(m="")), {"fail": {"MEO-03", "MEO-05", "MEO-07", "MEO-11"}}),
    "over": (resigned(lambda content: content, days=-20), {"fail": {"MEO-08", "MEO-11"}}),
    "takes everything": (always, {"fail": {"MEO-12", "MEO-13", "MEO-14"}}),
    "no reasons": (without_reason, {"warn": {"MEO-12", "MEO-13", "MEO-14"}}),
}  # fmt: skip


def test_the_sandbox_passes(sandbox: TestClient) -> None:
    assert judged(sandbox) == {}


@pytest.mark.parametrize("known", ["2", "3"])
def test_the_sandbox_passes_with_another_patient(sandbox: TestClient, known: str) -> None:
    assert judged(sandbox, run=f"meow-{known}", known=known) == {}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_fails_its_own_tests(sandbox: TestClient, name: str) -> None:
    change, expected = FAULTS[name]
    found = judged(sandbox, change)
    assert {verdict: set(numbers) for verdict, numbers in found.items()} == expected


def test_a_server_without_the_operation_fails_once(sandbox: TestClient) -> None:
    def knows_nothing(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        is_asked = request.url.path.endswith("$meow")
        return (404, {"resourceType": "OperationOutcome"}) if is_asked else (status, body)

    found = judged(sandbox, knows_nothing)
    assert found["fail"][0] == "MEO-02"
    assert {"MEO-03", "MEO-04", "MEO-05", "MEO-06", "MEO-11"} <= set(found["skip"])


def test_a_server_that_tells_no_place_fails_once(sandbox: TestClient) -> None:
    def silent(request: httpx.Request, status: int, body: Any) -> tuple[int, Any]:
        return (200, {}) if request.method == "POST" else (status, body)

    assert judged(sandbox, silent)["fail"] == ["MEO-01"]


def test_a_trust_list_that_is_not_there_fails_alone(sandbox: TestClient) -> None:
    found = judged(sandbox, trustlist=LIST.replace("did.json", "no.json"))
    assert found == {"fail": ["MEO-10"], "skip": ["MEO-11"]}


def test_a_code_is_found_wherever_an_answer_has_it() -> None:
    text = signed({"n": "A", "dob": "2000-01-01", "m": [{"m": "B"}]}, -7)
    assert codes_in(an_exchange({"code": text})) == [text]
    assert codes_in(an_exchange({"data": base64.b64encode(text.encode()).decode()})) == [text]
    assert codes_in(an_exchange({"data": "AAAA"})) == []
