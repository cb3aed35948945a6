"""Verifiable Health Links by IHE (VHL 1.0.0-comment): a patient's summary behind a signed code, and
its manifest.

The manifest is a search for the folder (ITI-YY5) that only who holds the link can ask; how a
receiver authenticates itself beyond that (message signatures, OAuth, credentials) is not there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote
from uuid import NAMESPACE_URL, uuid5

from sandbox.clock import fhir_instant
from sandbox.errors import InvalidResource, NotFound, NotImplementedHere
from sandbox.fhir.json import Json, write_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import find_one
from sandbox.server.interactions.search import search
from sandbox.server.operation_input import Input, read_input
from sandbox.server.operations.summary import summary
from sandbox.server.registry import interaction

if TYPE_CHECKING:  # what signs is loaded with the first link
    from sandbox.sharing import Links

CLAUSE = "VHL 1.0.0-comment ITI-YY3"
MANIFEST = "VHL 1.0.0-comment ITI-YY5"
LIFE = timedelta(days=7)  # of a link for which no end is asked
# Link files are served from the root, beside the FHIR bases.
SPACE = re.compile(r"(/t/[^/]+)?/fhir\Z")
# 256 bits in Base64, like every link made here; any other `_id` is an ordinary search.
LINK_ID = re.compile(r"[A-Za-z0-9_-]{43}")
LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
# Seconds since 1970, from 1973 on; a date of only a year has four digits.
SECONDS = re.compile(r"\d{9,11}")


@interaction("generate-vhl", "GET", "Patient/$generate-vhl", level="operation")
def generate(call: Call, services: Services) -> Reply:
    """Returns the code of a link to the summary of the patient whom `sourceIdentifier`
    (`system|value`) means.
    """
    identifier = str(read_input(call).needed("sourceIdentifier"))
    patient = find_one("Patient", (("identifier", identifier),), call, services)
    if patient is None:
        raise NotFound("server.no_match", where="sourceIdentifier", clause=CLAUSE, type="Patient")
    return generate_for(replace(call, id=patient.id), services)


@interaction("generate-vhl", "GET", "Patient/{id}/$generate-vhl", level="operation")
def generate_for(call: Call, services: Services) -> Reply:
    """Returns the same for a patient by id: Parameters with `qrcode`, the picture of the code as
    Binary.
    """
    from sandbox.certificates.issuing import issue
    from sandbox.certificates.links import VHLINK, written
    from sandbox.certificates.qr import png_of
    from sandbox.sharing import LinkOptions, SharedFile

    if services.links is None or services.trust is None:
        raise NotImplementedHere("trust.no_signer", where="$generate-vhl", clause=CLAUSE)
    given = read_input(call)
    now = services.clock()
    if given.text("format") not in ("", "qrcode"):
        raise NotImplementedHere(
            "sharing.only_code", where="format", clause=CLAUSE, found=given.text("format")
        )
    ends = _end(given) or now + LIFE
    document = summary(replace(call, query=(), body=None), services).body
    content = document if isinstance(document, bytes) else write_json(document)
    patient = quote(given.text("sourceIdentifier"), safe="")
    address = f"{call.base}/List/_search?_id={{id}}&code=folder&status=current"
    address += f"&patient.identifier={patient}" if patient else ""
    options = LinkOptions(ends, given.text("passcode"), given.text("label"))
    made = services.links().share([SharedFile(content)], options, address=address)
    text = written(made.link, prefix=VHLINK)
    code = issue(
        text, services.trust().signer(services.country, at=now), at=now, ends=ends, dialect="vhl"
    )
    picture = base64.b64encode(png_of(code)).decode()
    binary: Json = {"resourceType": "Binary", "contentType": "image/png", "data": picture}
    return Reply(
        200, {"resourceType": "Parameters", "parameter": [{"name": "qrcode", "resource": binary}]}
    )


@interaction("search-type", "POST", "List/_search")
def find_folder(call: Call, services: Services) -> Reply:
    """Searches Lists; with a `recipient` it is the manifest of a health link, whose id is the `_id`
    of the folder.
    """
    form = call.body if isinstance(call.body, str) else ""
    pairs = (*call.query, *parse_qsl(form, keep_blank_values=True))
    given = dict(pairs)
    if (
        "recipient" not in given
        or services.links is None
        or not LINK_ID.fullmatch(given.get("_id", ""))
    ):
        return search(replace(call, query=pairs, body=None), services)
    return _manifest(given, call.base, services.links(), now=fhir_instant(services.clock()))


def _manifest(given: Mapping[str, str], base: str, links: Links, *, now: str) -> Reply:
    """Answers with the folder and, for each file of the link, a DocumentReference to fetch it."""
    longest = given.get("embeddedLengthMax", "")
    files = links.manifest(
        given["_id"],
        recipient=given["recipient"],
        passcode=given.get("passcode", ""),
        embedded=int(longest) if longest.isdecimal() else 0,
    )
    root = SPACE.sub("", base)
    places = [f"{root}/shl/files/{file.token}" for file in files]
    documents = {
        f"urn:uuid:{uuid5(NAMESPACE_URL, place)}": _document(place, now) for place in places
    }
    folder = _folder(given["_id"], list(documents), now)
    url = f"{base}/List/{given['_id']}"
    entries = [{"fullUrl": url, "resource": folder, "search": {"mode": "match"}}]
    entries += [
        {"fullUrl": url, "resource": document, "search": {"mode": "include"}}
        for url, document in documents.items()
    ]
    return Reply(200, {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": entries})


def _folder(id: str, documents: list[str], now: str) -> Json:
    code = {"coding": [{"system": LIST_TYPES, "code": "folder"}]}
    items = [{"item": {"reference": document}} for document in documents]
    head = {"resourceType": "List", "id": id, "status": "current", "mode": "working"}
    return {**head, "code": code, "date": now, "entry": items}


def _document(place: str, now: str) -> Json:
    """Returns the DocumentReference of a file, which is got once and comes sealed (ITI-68,
    application/jose).
    """
    content = [{"attachment": {"contentType": "application/jose", "url": place}}]
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "date": now,
        "content": content,
    }


def _end(given: Input) -> datetime | None:
    """Returns the end that is asked for, in seconds since 1970 or as an instant; raises
    InvalidResource for none.
    """
    text = given.text("exp")
    if not text:
        return None
    try:
        end = (
            datetime.fromtimestamp(int(text), UTC)
            if SECONDS.fullmatch(text)
            else datetime.fromisoformat(text)
        )
    except ValueError:
        raise InvalidResource(
            "sharing.bad_json", where="exp", clause=CLAUSE, place="exp", expected="1798761600"
        ) from None
    return end if end.tzinfo else end.replace(tzinfo=UTC)
