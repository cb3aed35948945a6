"""Programs that are no FHIR server, as systems under test: no test passes against them, and the cause is told once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest

from sandbox.certificates.links import Link, written
from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from tests.sandbox.testbench.playing import GIVEN
from tests.systems import strangers
from tests.systems.test_systems import judged

pytestmark = [
    pytest.mark.slow,
    pytest.mark.needs("nginx"),
    pytest.mark.needs("caddy"),
    pytest.mark.needs("php"),
]
DID = "did:lac1:1iT4kYaSKhpM7BFB75ZxYF7V3uTRAeWfPvwhFZXJQj8WrJakCczSatqNVvKZTnsD3uMz"
QUERY = {
    "credentials": [{
        "id": "one", "format": "dc+sd-jwt", "meta": {"vct_values": ["https://a.example/t"]},
        "claims": [{"path": ["name"]}],
    }]
}  # fmt: skip
FORMATS = {
    "vp_formats_supported": {
        "dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}
    }
}
FHIR = (
    "fhir.basics", "ddcc.generation", "ddcc.registry", "ddcc.repository", "ddcc.results", "ips.server", "meow.issuer",
    "mhd.generate", "mhd.recipient", "mhd.responder", "mhd.simplified", "pdqm.supplier", "svcm.repository",
    "terminology.readiness",
)  # fmt: skip
# They speak of the CapabilityStatement, which shells have.
OF_METADATA = {"BAS-01", "PDQ-01", "RCP-28", "RDY-01", "RSP-23", "SVC-01"}
# What a right server may answer to a create or update to the letter (http.html#ops: return=minimal or OperationOutcome);
# the tests behind these find that nothing was stored, and fail.
SHOWN = {
    "created": {"DDR-01", "PDQ-00", "SMP-00", "SMP-01", "SMP-02", "SVC-00"},
    "fine": {"SVC-00"},
    "nothing found": {"SVC-00"},
}
GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
CAUSES = {f"testbench.{name}" for name in ("no_fhir", "web_page", "login_page", "closed", "busy")}
# An object in JSON with 200 is, to the letter, what a verifier answers that has taken a presentation
# (OpenID4VP 1.0 8.2), and one that takes all and everything twice; it fails where it must refuse.
AS_A_VERIFIER = {"caddy api": {"VPV-05", "VPV-14"}}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with strangers.all_of_them(tmp_path_factory.mktemp("strangers")) as running:
        yield running


def given_to(base: str, *, flag: str) -> dict[str, str]:
    """Returns all that tests take, as far as it leads to an address; a flag is that of a health link."""
    offer = {
        "credential_issuer": base,
        "credential_configuration_ids": ["one"],
        "grants": {GRANT: {"pre-authorized_code": "a-code"}},
    }
    link = Link(f"{base}/manifest/{'x' * 43}", bytes(32), 1785400000, flag, "A")
    return {
        **GIVEN,
        **dict.fromkeys(("comprehensive", "uncontained", "simplified", "match", "translate", "ips"), "yes"),
        "patient": "one", "identifier": "urn:oid:1.2.3|9", "ruleset": "2023", "passcode": "1",
        "trustlist": f"{base}/trustlist", "jwks": f"{base}/jwks.json", "url": f"{base}/summary",
        "issuer": DID, "deactivated": DID, "revoked": "0x" + "ab" * 32,
        "offers": "openid-credential-offer://?credential_offer=" + quote(json.dumps(offer)),
        "vp_requests": "\n".join(a_request(base, number) for number in range(14)),
        "certificate": written(link),
    }  # fmt: skip


def a_request(base: str, number: int) -> str:
    asked = {
        "response_type": "vp_token", "response_mode": "direct_post", "state": str(number),
        "client_id": f"redirect_uri:{base}/response", "response_uri": f"{base}/response",
        "nonce": f"{number:0>22}", "dcql_query": json.dumps(QUERY), "client_metadata": json.dumps(FORMATS),
    }  # fmt: skip
    return "openid4vp://?" + urlencode(asked)


def played(track: str, base: str, given: Mapping[str, str]) -> list[Result]:
    async def play() -> list[Result]:
        async with Sender(base, transport=httpx.AsyncHTTPTransport()) as send:
            return await play_track(TRACKS[track], given, send)

    return asyncio.run(play())


@pytest.mark.parametrize("name", strangers.NAMES)
def test_no_test_passes_that_has_asked_it_anything(name: str, addresses: dict[str, str]) -> None:
    passed: set[str] = set()
    broken: set[str] = set()
    asked: set[str] = set()
    for id, track in TRACKS.items():
        if track.is_of_client:
            continue
        for flag in ("", "P", "U") if id == "vhl.issuer" else ("",):
            for result in played(id, addresses[name], given_to(addresses[name], flag=flag)):
                if result.exchanges:
                    asked.add(id)
                if result.verdict in ("pass", "warn") and result.exchanges:
                    passed.add(result.test.number)
                if result.verdict == "error":
                    broken.add(result.test.number)
    assert passed == AS_A_VERIFIER.get(name, set())
    assert broken == set()
    assert len(asked) > 15  # most tracks have something to ask


@pytest.mark.parametrize("name", strangers.SHELLS)
def test_a_shell_of_fhir_passes_what_its_answers_show(name: str, addresses: dict[str, str]) -> None:
    passed: dict[str, str] = {}
    base = addresses[f"caddy shell, {name}"]
    for id in FHIR:
        for result in played(id, base, given_to(base, flag="")):
            if result.verdict in ("pass", "warn", "error"):
                passed[result.test.number] = result.verdict
    assert {number for number in passed if number not in OF_METADATA} == SHOWN.get(name, set())
    assert "error" not in passed.values()


@pytest.mark.parametrize("name", strangers.NAMES)
def test_the_cause_is_told_once(name: str, addresses: dict[str, str]) -> None:
    for id in ("fhir.basics", "mhd.responder", "pdqm.supplier", "terminology.readiness"):
        results = played(id, addresses[name], given_to(addresses[name], flag=""))
        keys = Counter(finding.key for result in results for finding in result.findings)
        assert sum(keys[key] for key in CAUSES) == 1
        others = set(keys) - CAUSES
        assert others <= {"testbench.depends", "testbench.busy"}


def test_whoever_reads_a_run_reads_the_cause_first(
    tmp_path: Path, addresses: dict[str, str]
) -> None:
    for name, code, sentence in (
        ("nginx folder", 1, "A web page answers at {}, and no FHIR server: 404 text/html."),
        ("caddy moved", 1, "A login page answers at {}, and no FHIR server: 200 text/html."),
        ("caddy login", 4, "{} lets nobody in without credentials: it answered 401 –."),
        ("caddy away", 4, "It was too busy to judge: 503 text/plain"),
    ):
        ended, verdicts, said = judged(tmp_path, "fhir.basics", addresses[name])
        assert ended == code
        assert said.count(sentence.format(addresses[name])) == 1
        assert list(verdicts.values()) == [verdicts["BAS-01"], *["skipped"] * 6]


def test_what_is_asked_as_fhir_is_known_in_each_track_that_asks_a_base(
    addresses: dict[str, str],
) -> None:
    """A track whose first question is not known as one of FHIR would lose its control."""
    base = addresses["caddy not found"]
    spoken_to = {
        id
        for id, track in TRACKS.items()
        if not track.is_of_client
        for result in played(id, base, given_to(base, flag=""))
        if any(finding.key == "testbench.no_fhir" for finding in result.findings)
    }
    assert spoken_to >= set(FHIR)
