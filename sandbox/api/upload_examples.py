"""Examples of what the API takes as a document, by operation and content type: made-up people and
systems, each such that it can be sent as it stands.

What is bytes stands as a data URL (RFC 2397), which OpenAPI lets an example be (`externalValue`).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from sandbox.fhir.json import write_json
from sandbox.store.runs import hash_of

Example = Mapping[str, Any]
"""What stands beside the schema of a content type."""

PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "https://example.org/ids", "value": "RF-1958"}],
    "name": [{"family": "Fuenzalida", "given": ["Rosa"]}],
    "gender": "female",
    "birthDate": "1958-03-07",
}
XML = (
    '<Patient xmlns="http://hl7.org/fhir"><name><family value="Fuenzalida"/><given value="Rosa"/>'
    '</name><gender value="female"/><birthDate value="1958-03-07"/></Patient>'
)
CERTIFICATE = (
    "HC1:NCF670-90T9WTWGSLKC 4189LXD.M6A0U0ZH*AB0XK0JCKR9TF3N9RA48BF3-31G58Y50.FK8ZKO/EZKEZ"
    "967L6C56..DX%DZJC6/D$+81$C9LFXVD2VCLPCG/DQJD4ZAX+9LB8 B9/B8I3DWUC14E1ECI3D6WEBIASNAJPC"
    "T3E22DKA7Q47946KECTHG4KCD3DX47B46IL6646H*6Z/E5JD%96IA74R6646307Q$D.UDRYA 96NF6L/5SW6Y5"
    "7B$D% D3IA4W5646946846.96XJC$+D3KC.SCXJCCWENF6SF64W5Y96946WJCT3E%M8%JCZQEHZ95/D QE5$C "
    "EDC44DZCFOA0WD3VCOPCM$EAIA%G7X+AQB9746KG7TS9BB8BM8QF627B*R63TRCVOJQNU5AIQS 2SIUO3FDV01"
    "M-JUQ9RJ14$AW8WHCP$ZC79PIHG6BM$7M2/SZFL KK3+R70VKOENXF8YF2E98*GKU9Z0CR+E"
)
"""Signed by a key that was made for it alone, and is on no trust list."""
_OFFERED = {
    "credential_issuer": "https://issuer.example.org",
    "credential_configuration_ids": ["vaccination"],
    "grants": {"authorization_code": {}},
}
OFFER = f"openid-credential-offer://?credential_offer={quote(write_json(_OFFERED))}"
"""What an issuer shows a wallet as a QR code (OpenID4VCI 1.0 4.1.1)."""
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"connectathon": {"language": "en", "lesson": "01_fhir"}},
    "cells": [
        {
            "cell_type": "code",
            "id": "ex-1-1",
            "metadata": {"connectathon": {"answer": True, "exercise": "1.1"}},
            "execution_count": None,
            "outputs": [],
            "source": [
                'patient = L.client.get("Patient/rosa-fuenzalida").json()\n',
                'L.check("1.1", patient)',
            ],
        }
    ],
}
BASE = "https://fhir.example.org/r4"
CAPABLE = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": "2026-11-02",
    "kind": "instance",
    "fhirVersion": "4.0.1",
    "format": ["application/fhir+json"],
    "implementation": {"description": "Our repository", "url": BASE},
    "rest": [
        {"mode": "server", "resource": [{"type": "Patient", "interaction": [{"code": "read"}]}]}
    ],
}


def upload_example(operation: str, kind: str) -> Example:
    """Returns what stands beside the schema of a document that an operation takes; empty where
    there is no example of this type.

    Args:
        operation: Its name.
        kind: The content type.
    """
    make = _MADE.get(operation, {}).get(kind)
    value = make() if make else None
    if isinstance(value, bytes):
        url = f"data:{kind};base64,{base64.b64encode(value).decode()}"
        return {"examples": {"small": {"externalValue": url}}}
    return {} if value is None else {"example": value}


def _picture(text: str) -> bytes:
    """Returns the QR code of a text."""
    from sandbox.certificates.qr import png_of  # only here: it is slow to import

    return png_of(text)


def _evidence() -> bytes:
    """Returns the evidence of a run of one test, as `connectathon export` writes it."""
    from sandbox.event.evidence import signed

    answer = write_json(CAPABLE)
    bodies = {hash_of(body): body for body in (b"", answer)}
    exchange = {
        "number": 0,
        "method": "GET",
        "url": f"{BASE}/metadata",
        "request_headers": [["Accept", "application/fhir+json"]],
        "request_body": hash_of(b""),
        "status": 200,
        "headers": [["Content-Type", "application/fhir+json"]],
        "body": hash_of(answer),
        "elapsed": 0.04,
        "failure": "",
    }
    given = {"run": "k3m9x7qd2vaa", "now": "2026-11-02T10:00:00Z"}
    bodies_of_lines = (
        ("queued", {"track": "fhir.basics", "system": "ours", "base": BASE, "given": given}),
        ("exchange", exchange),
        ("verdict", {"test": "fhir.basics.capabilities", "verdict": "pass", "exchanges": [0]}),
        ("done", {"verdict": "pass"}),
    )
    lines = [
        write_json({"number": number, "kind": kind, "at": 1793613600000 + number, "body": body})
        for number, (kind, body) in enumerate(bodies_of_lines)
    ]
    log = b"\n".join(lines) + b"\n"
    files = {"events.ndjson": log, **{f"bodies/{name}": body for name, body in bodies.items()}}
    return signed({"run": "k3m9x7qd2vaa"}, files, None)


_JSON: Mapping[str, Callable[[], Any]] = {
    "application/fhir+json": lambda: PATIENT,
    "application/json": lambda: PATIENT,
    "application/fhir+xml": lambda: XML,
    "application/xml": lambda: XML,
}
_CERTIFICATES: Mapping[str, Callable[[], Any]] = {
    "text/plain": lambda: CERTIFICATE,
    "image/png": partial(_picture, CERTIFICATE),
}
_MADE: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    "api.validate": {**_JSON, "text/plain": lambda: OFFER, "image/png": partial(_picture, OFFER)},
    "api.judge_certificate": _CERTIFICATES,
    "api.hand_in": {"application/zip": _evidence},
    "api.share_sample": {"application/octet-stream": lambda: write_json(PATIENT)},
    "api.grade_notebook": {"application/x-ipynb+json": lambda: NOTEBOOK},
}
