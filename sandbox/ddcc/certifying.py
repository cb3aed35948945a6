"""Turns a core data set into a signed document with its codes, and builds the submission that
registers it.  Pure apart from the key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from sandbox.certificates.issuing import Signer, issue
from sandbox.clock import fhir_instant
from sandbox.ddcc.document import DocumentOptions, Representation, document_of, publication_of
from sandbox.ddcc.payloads import dvc, eu_dcc, icvp, tested, who
from sandbox.ddcc.signature import signed
from sandbox.fhir.json import Json
from sandbox.ids import id_of

VALID = timedelta(days=365)
LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
MHD = "https://profiles.ihe.net/ITI/MHD/StructureDefinition"
DESIGNATION: Json = {
    "url": f"{MHD}/ihe-designationType",
    "valueCodeableConcept": {"coding": [{"code": "ddcc"}]},
}
URI = "urn:ietf:rfc:3986"
FHIR_JSON = "application/fhir+json"


def certify(core: Json, options: DocumentOptions, signer: Signer) -> Json:
    """Returns the signed document of a core data set: with WHO's code, and the EU's where its lists
    have the dose.

    The code of ICVP, or of its form of 2023, for those forms; a test result has WHO's alone.
    """
    core = {
        **core,
        "hcid": core.get("hcid") or id_of(core["name"], str(core["date"]), str(core.get("lot"))),
    }
    ends = _end(core, options.now)
    payloads: dict[str, list[tuple[str, str, Callable[[Json], Json | None]]]] = {
        "ddcc_vs": [("who", "ddcc_vs", who), ("dcc", "eu_dcc", eu_dcc)],
        "ddcc_tr": [("who", "ddcc_tr", tested)],
        "icvp": [("dvc", "icvp_2025", icvp)],
        "dvc": [("dvc", "icvp_2023", dvc)],
    }
    codes = []
    for type, dialect, write in payloads[options.form]:
        content = write(core)
        # the EU's schema has no place for other diseases: such a certificate has WHO's code alone
        if content is not None:
            codes.append(
                Representation(
                    type,
                    content,
                    issue(content, signer, at=options.now, ends=ends, dialect=dialect),
                )
            )
    return signed(document_of(core, codes, options), signer, at=options.now)


def registration_of(document: Json, *, base: str, now: datetime) -> Json:
    """Returns the MHD submission of a document: patient, document, DocumentReference, folder and
    SubmissionSet.

    The folder is that of the certificate, by its HCID (DDCC 1.0.0 DDCCFolder; MHD 3:4.65.4.1.2).
    """
    hcid = publication_of(str(document["identifier"]["value"]))
    resources = [entry["resource"] for entry in document["entry"]]
    patient = next(resource for resource in resources if resource["resourceType"] == "Patient")
    # with the moment in their names: a certificate registered again is a submission of its own
    urn = {
        name: f"urn:uuid:{uuid5(NAMESPACE_URL, f'{base}/{hcid}/{name}/{fhir_instant(now)}')}"
        for name in ("patient", "document", "about", "folder", "set")
    }
    subject = {"reference": urn["patient"]}
    about = _reference_to(document, urn, now)
    folder = {**_list("folder", [urn["about"]], subject, now), "extension": [DESIGNATION]}
    folder["identifier"] = [{"use": "usual", "system": URI, "value": urn["folder"]}]
    listing = _list("submissionset", [urn["about"], urn["folder"]], subject, now)
    listing["extension"] = [
        {"url": f"{MHD}/ihe-sourceId", "valueIdentifier": {"system": URI, "value": urn["set"]}}
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{MHD}/IHE.MHD.Minimal.ProvideBundle"]},
        "type": "transaction",
        "entry": [
            _post(urn["patient"], patient, unless=_token(patient)),
            _post(urn["document"], document),
            _post(urn["about"], about),
            _post(urn["folder"], folder),
            _post(urn["set"], listing),
        ],
    }


def _reference_to(document: Json, urn: dict[str, str], now: datetime) -> Json:
    """Returns the DocumentReference of a certificate, which names its HCID as the publication."""
    hcid = publication_of(str(document["identifier"]["value"]))
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"use": "usual", "system": URI, "value": urn["document"]},
        "identifier": [{"system": URI, "value": hcid}],
        "status": "current",
        "type": document["entry"][0]["resource"]["type"],
        "subject": {"reference": urn["patient"]},
        "date": fhir_instant(now),
        "content": [{"attachment": {"contentType": FHIR_JSON, "url": urn["document"]}}],
    }


def folder_of(references: Sequence[Json], *, now: datetime) -> Json:
    """Returns the folder of stored DocumentReferences, of one person (DDCC 1.0.0 DDCCFolder)."""
    items = [f"DocumentReference/{reference['id']}" for reference in references]
    return {**_list("folder", items, references[0]["subject"], now), "extension": [DESIGNATION]}


def _list(code: str, items: Sequence[str], subject: Json, now: datetime) -> Json:
    return {
        "resourceType": "List",
        "status": "current",
        "mode": "working",
        "code": {"coding": [{"system": LIST_TYPES, "code": code}]},
        "subject": subject,
        "date": fhir_instant(now),
        "entry": [{"item": {"reference": item}} for item in items],
    }


def _post(url: str, resource: Json, *, unless: str = "") -> Json:
    request = {
        "method": "POST",
        "url": resource["resourceType"],
        **({"ifNoneExist": unless} if unless else {}),
    }
    return {"fullUrl": url, "resource": resource, "request": request}


def _token(patient: Json) -> str:
    """Returns the condition under which a patient is known already: identifier and day of birth."""
    identifier: Any = next(iter(patient.get("identifier", [])), None)
    if identifier is None or not patient.get("birthDate"):
        return ""
    return f"identifier={quote(identifier['value'])}&birthdate={patient['birthDate']}"


def _end(core: Json, now: datetime) -> datetime:
    """Returns when the certificate ends: the last day of its validity, also one that is over, or a
    year from now.
    """
    stated = str(core.get("valid_until") or "")
    # a year or a month alone names no last day
    if len(stated) != len("2026-01-01"):
        return now + VALID
    # to the end of that day, in whole seconds as certificates count them (HCERT 1.1.1 3.3)
    return datetime.combine(datetime.fromisoformat(stated).date(), time.max, now.tzinfo).replace(
        microsecond=0
    )
