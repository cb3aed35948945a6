"""A Document Consumer in a page of code (IHE MHD, ITI-67 and ITI-68): find, retrieve, verify, show.
Read it.

A Consumer trusts nothing: the metadata may be old, the bytes may have changed on their way, the
narrative may lie.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.client import FHIR_JSON, Client
from sandbox.course.documents import DocumentPanel
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, parse_json


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether size and hash of the bytes are those that were promised; None where nothing was
    promised.
    """

    size: bool | None
    hash: bool | None

    @property
    def is_good(self) -> bool:
        """Nothing that was promised is broken."""
        return self.size is not False and self.hash is not False


class DocumentConsumer:
    """Finds and fetches documents on the server of a client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def find(self, identifier: str, **more: str) -> Exchange | Blank:
        """Searches the current documents of a patient (MHD 3:4.67.4.1.2).

        Args:
            identifier: The patient's, as `system|value`.
            more: Further parameters of the search.
        """
        # what a caller gives in `more` comes last, and so may ask for other states
        wanted = {"patient.identifier": identifier, "status": "current", **more}
        return self.client.get("DocumentReference", **wanted)

    def retrieve(self, reference: Any) -> Exchange | Blank:
        """Fetches the bytes that a DocumentReference describes, in the format that it promises (MHD
        3:4.68.4.1.2).
        """
        if has_blank(reference):
            return BLANK
        attachment = attachment_of(reference)
        # without it a FHIR server may answer with the Binary that wraps the bytes
        headers = {"Accept": str(attachment.get("contentType", FHIR_JSON))}
        return self.client.send("GET", str(attachment.get("url", "")), headers=headers)

    def verify(self, reference: Any, content: Any) -> Verification | Blank:
        """Compares bytes with the size and hash that the metadata promised (MHD 3:4.65.4.1.2.1).

        Args:
            reference: The DocumentReference.
            content: The bytes, or the exchange that brought them.
        """
        if has_blank([reference, content]):
            return BLANK
        body = content_of(content)
        attachment = attachment_of(reference)
        digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()
        size = attachment.get("size")
        hash = attachment.get("hash")
        return Verification(
            None if size is None else size == len(body), None if hash is None else hash == digest
        )

    def show(self, document: Any) -> DocumentPanel | Blank:
        """Shows a document, or the exchange that brought it, from its entries and not from its
        narrative.
        """
        if has_blank(document):
            return BLANK
        bundle = document if isinstance(document, dict) else parse_json(content_of(document))
        return DocumentPanel(bundle, self.client.language)


def content_of(retrieved: Any) -> bytes:
    """Returns the bytes of the document, also where the server sent them wrapped in a Binary
    resource.

    Asked for FHIR, servers disagree: by FHIR R4 binary.html#rest the answer is the wrapper, by MHD
    3:4.68 the document.
    """
    if not isinstance(retrieved, Exchange):
        return bytes(retrieved)
    answer = retrieved.json
    is_wrapped = isinstance(answer, dict) and answer.get("resourceType") == "Binary"
    return base64.b64decode(answer.get("data", "")) if is_wrapped else retrieved.body


def matches(answer: Any) -> list[Json]:
    """Returns the DocumentReferences of a search, the newest first; entries of other kinds are
    passed over.
    """
    bundle = answer.json if isinstance(answer, Exchange) else answer
    entries = bundle.get("entry", []) if isinstance(bundle, dict) else []
    resources = [entry.get("resource", {}) for entry in entries]
    references = [
        resource for resource in resources if resource.get("resourceType") == "DocumentReference"
    ]
    return sorted(
        references,
        key=lambda reference: str(reference.get("date") or reference["meta"]["lastUpdated"]),
        reverse=True,
    )


def newest(answer: Any) -> Json | Blank:
    """Returns the newest of the matches; a blank where there is none, so that later cells still
    run.
    """
    return next(iter(matches(answer)), BLANK)


def attachment_of(reference: Json) -> Json:
    """Returns the first attachment of a DocumentReference."""
    content: Json = reference["content"][0]["attachment"]
    return content
