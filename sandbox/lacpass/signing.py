"""Signing what strangers sent, as jobs of workers: reading answers, summaries and codes takes what
their sender likes it to take.

A job reads the keys from the folder of trust itself, so that no key passes through a pipe.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.clock import fhir_instant
from sandbox.errors import InvalidResource
from sandbox.fhir.json import Json, parse_json, write_json

if TYPE_CHECKING:
    from sandbox.ddcc.editions import Edition

CLAUSE = "DDCC 1.0.0 generateHealthCertificate"
OVERVIEW = "56445-0"  # LOINC, medication summary (RACSEL 2026 LACDocReferenceMeOw)


@dataclass(frozen=True, slots=True)
class Source:
    """What a certificate is made of.

    Attributes:
        resource: A QuestionnaireResponse, or a summary (a document).
        form: The form for the dose of a summary, such as `ddcc_vs`.
        immunization: Which dose of a summary; empty where it has one alone.
        organization: Who issues; empty for the one that the summary names.
    """

    resource: Json
    form: str = "ddcc_vs"
    immunization: str = ""
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose keys sign, and what is registered: the base address stands in names that are made."""

    folder: Path
    country: str
    base: str


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed document, by which handles it can be taken back, and the submission that registers
    it.
    """

    handles: frozenset[str]
    submission: Json


def signed(source: Source, issuer: Issuer, now: datetime) -> Signed:
    """Reads what a certificate is made of, signs it, and writes its submission; the job of a
    worker.

    Raises:
        InvalidResource: It is neither a QuestionnaireResponse nor a summary, or lacks something.
    """
    from sandbox.ddcc.certifying import certify, registration_of
    from sandbox.ddcc.document import DocumentOptions
    from sandbox.trust.folder import TrustFolder

    core, form, edition = _core(source)
    signer = TrustFolder(issuer.folder).signer(issuer.country, at=now)
    document = certify(core, DocumentOptions(form, edition, now), signer)
    submission = registration_of(document, base=issuer.base, now=now)
    return Signed(_handles(document), submission)


def overview(
    document: Json, statement: str, issuer: Issuer, now: datetime
) -> tuple[Json, frozenset[str]]:
    """Returns the code of a medication overview as a DocumentReference, and by which handles it
    can be taken back; the job of a worker.

    Which attachments the event's signer gives is not published: here the text of the code, its
    picture, and what it holds.

    Raises:
        InvalidResource: The document has no patient, or no medicine that is taken.
        NotCertified: It says too little.
        NotFound: It has no statement of that id.
    """
    from sandbox.certificates.hcert import read
    from sandbox.certificates.qr import png_of
    from sandbox.certificates.revocation import revocation_ids
    from sandbox.ddcc.overview import overview_of, signed_overview
    from sandbox.trust.folder import TrustFolder

    content = overview_of(document, statement=statement)
    signer = TrustFolder(issuer.folder).signer(issuer.country, at=now)
    text = signed_overview(content, signer, now=now)
    attachments = [
        ("text/plain", text.encode()),
        ("image/png", png_of(text)),
        ("application/json", write_json(content)),
    ]
    reference: Json = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": OVERVIEW}]},
        "date": fhir_instant(now),
        "content": [
            {"attachment": {"contentType": kind, "data": base64.b64encode(data).decode()}}
            for kind, data in attachments
        ],
    }
    return reference, revocation_ids(read(text))


def handles_of(document: bytes) -> frozenset[str]:
    """Returns by what the codes of a stored document can be taken back; the job of a worker."""
    return _handles(parse_json(document))


def _core(source: Source) -> tuple[Json, str, Edition]:
    from sandbox.ddcc.editions import PUBLISHED, edition_of
    from sandbox.ddcc.forms import form_of, forms, read_answers
    from sandbox.ddcc.summaries import core_of_summary

    resource = source.resource
    if resource.get("resourceType") == "QuestionnaireResponse":
        form = form_of(resource)
        return read_answers(resource, form), form.name, edition_of(str(resource["questionnaire"]))
    if resource.get("resourceType") == "Bundle" and resource.get("type") == "document":
        core = core_of_summary(
            resource,
            forms()[source.form],
            immunization=source.immunization,
            organization=source.organization,
        )
        return core, source.form, PUBLISHED
    kind = f"{resource.get('resourceType')} {resource.get('type', '')}".strip()
    raise InvalidResource("ddcc.other_source", where="response", clause=CLAUSE, found=kind)


def _handles(document: Json) -> frozenset[str]:
    from sandbox.certificates.hcert import read
    from sandbox.certificates.revocation import revocation_ids
    from sandbox.ddcc.document import texts_of

    return frozenset().union(*(revocation_ids(read(text)) for text in texts_of(document)))
