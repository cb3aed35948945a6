"""What the tracks about LACChain share: how a component is asked, and how its answers are read.

A system has one base: component, resolver, chain and mailbox below it, unless an input names
another address for one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, member
from sandbox.findings import Finding, Severity
from sandbox.testbench.inputs import Input
from sandbox.testbench.script import Given, Request, Script, Test, answer_text

API = "api/v1"
ADD = f"{API}/did/lac1/attribute/add/jwk-from-x509certificate"
REVOKE = f"{API}/did/lac1/attribute/revoke/jwk-from-x509certificate"
JSON = {"Accept": "application/json", "Content-Type": "application/json"}
BOUNDARY = "connectathon-boundary"
SPECIFICATION = "LACChain identity DidSpecs"
CLIENT = "LACPass-client"
LESSON = "11"  # DIDs of LACChain stand there
PLACES: Mapping[str, Input] = {
    "resolver": Input("address"),
    "mailbox": Input("address"),
    "chain": Input("address"),
}


def makes_tests(track: str, takes: tuple[str, ...]) -> Callable[..., Test]:
    """Returns what makes the tests of a track, each named as its script is.

    Args:
        track: Its id.
        takes: The inputs that each of its tests can do without.
    """

    def make(
        number: str,
        script: Callable[[Given], Script],
        clause: str,
        *,
        needs: tuple[str, ...] = (),
        after: Mapping[str, str] | None = None,
    ) -> Test:
        name = getattr(script, "__name__", "")
        id = f"{track}.{name}"
        return Test(id, number, clause, script, LESSON, needs, after or {}, takes)

    return make


def asked(path: str) -> Request:
    """Returns a GET of a path below the base, or of an address."""
    return Request("GET", path, {"Accept": "application/json"})


def posted(path: str, content: Any) -> Request:
    """Returns a POST of JSON.

    Args:
        path: Below the base, or an address.
        content: What is sent.
    """
    return Request("POST", path, JSON, json.dumps(content).encode())


def handed(method: str, path: str, certificate: str, data: Json) -> Request:
    """Returns a form with a certificate and what is to be done with it.

    Args:
        method: POST to add, DELETE to revoke.
        path: Below the base.
        certificate: As PEM.
        data: The DID, the relation, and how it is revoked.
    """
    parts = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="data"\r\n\r\n{json.dumps(data)}\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="x509Cert"; filename="DSC.pem"\r\n'
        f"Content-Type: application/x-pem-file\r\n\r\n{certificate}\r\n--{BOUNDARY}--\r\n"
    )
    headers = {
        "Accept": "application/json",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    }
    return Request(method, path, headers, parts.encode())


def place(given: Given, name: str, rest: str = "") -> str:
    """Returns where something is asked: at the address of an input, or below the base.

    Args:
        given: The inputs of the run.
        name: Resolver, mailbox or chain.
        rest: What follows there.
    """
    address = (given.get(name) or name).rstrip("/")
    return f"{address}/{rest}" if rest else address


def resolving(given: Given, did: str, **query: str) -> Request:
    """Returns what asks a resolver for a DID.

    Args:
        given: The inputs of the run.
        did: The DID alone.
        query: As of what, such as versionId.
    """
    from urllib.parse import urlencode

    words = f"?{urlencode(query)}" if query else ""
    return asked(f"{place(given, 'resolver', did)}{words}")


def document_in(answer: Exchange) -> Json:
    """Returns the document of an answer; some resolvers give it alone."""
    content = answer.json
    document = member(content, "didDocument") if member(content, "didDocument") else content
    return document if isinstance(document, dict) and "id" in document else {}


def keys_in(document: Json, relation: str) -> list[Json]:
    """Returns the keys of a document in a relation, those embedded among them.

    Args:
        document: Of a DID.
        relation: Such as assertionMethod.
    """
    from sandbox.credentials.did.resolving import method_of

    listed = document.get(relation)
    ids = [
        item.get("id") if isinstance(item, dict) else item
        for item in (listed if isinstance(listed, list) else [])
    ]
    found = [method_of(document, str(id)) for id in ids]
    return [method for method in found if method is not None]


def seconds_of(given: Given) -> int:
    """Returns the moment of a run, in seconds since 1970."""
    return int(datetime.fromisoformat(given["now"]).timestamp())


def refused(answer: Exchange) -> bool:
    """Tells whether a system refused what was wrong, instead of breaking at it."""
    return 400 <= answer.status < 500


def fault(
    key: str,
    where: str,
    clause: str,
    *,
    severity: Severity = "error",
    expected: str = "",
    found: str | Exchange = "",
) -> Finding:
    """Returns a finding of a track.

    Args:
        key: Room and name of its sentence.
        where: What it is about.
        clause: The rule.
        severity: How grave it is.
        expected: What should be there.
        found: What is there; of an answer its status and first words.
    """
    shown = found if isinstance(found, str) else answer_text(found)
    params = {"place": where}
    return Finding(
        key, severity, key, params, where=where, clause=clause, expected=expected, found=shown
    )
