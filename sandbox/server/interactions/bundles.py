"""batch and transaction (FHIR R4 http.html#transaction): each entry is a Call; a transaction keeps
all or nothing.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.errors import (
    InvalidEntry,
    InvalidResource,
    PreconditionFailed,
    SandboxError,
    SubmissionRefused,
    TooLarge,
)
from sandbox.fhir.json import Json, parse_json
from sandbox.fhir.outcome import operation_outcome
from sandbox.fhir.references import rewrite_references, walk_references
from sandbox.findings import Finding
from sandbox.ids import random_id
from sandbox.limits import BUNDLE_ENTRIES
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import find_matches, find_one, read_query
from sandbox.server.interactions.identities import (
    RULES,
    Work,
    claim,
    identified,
    naming_entry,
    new_names,
    places_changed,
    refuse_overlaps,
)
from sandbox.server.registry import interaction, route
from sandbox.server.writing import check_resource

CLAUSE = "FHIR R4 http.html#transaction"
log = logging.getLogger("sandbox.server")
PLACE = re.compile(r"Bundle\.entry\[(\d+)\]")
CONDITIONAL = re.compile(r"^[A-Z][A-Za-z]+\?")
# The order in which a server processes a transaction (FHIR R4 http.html#trules).
ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 3, "GET": 4, "HEAD": 4}
CONDITIONS = {
    "ifMatch": "if-match",
    "ifNoneExist": "if-none-exist",
    "ifNoneMatch": "if-none-match",
    "ifModifiedSince": "if-modified-since",
}


@interaction("transaction", "POST", "", level="system")
def process_bundle(call: Call, services: Services) -> Reply:
    """Carries out a batch or a transaction (FHIR R4 http.html#transaction).

    Returns:
        The Bundle of responses, in the order of the request.

    Raises:
        InvalidEntry: An entry of a transaction failed, and nothing of it was stored.
        InvalidResource: The body is not a Bundle of one of these two types.
        SubmissionRefused: A submission of documents breaks a rule of MHD.
        TooLarge: There are more than BUNDLE_ENTRIES entries.
    """
    bundle = check_resource(call.body, "Bundle")
    kind = bundle.get("type")
    if kind not in ("batch", "transaction"):
        raise InvalidResource("server.bundle_type", where="Bundle.type", clause=CLAUSE, found=kind)
    for refuse in services.bundle_refusals:
        refuse(bundle)
    entries = _entries_of(bundle)
    if kind == "batch":
        done = _batch(entries, call, services)
    else:
        findings = services.submissions.check(bundle)
        done = (
            _transaction(entries, call, services)
            if findings is None
            else _submit(bundle, findings, call, services)
        )
    reply: Json = {"resourceType": "Bundle", "type": f"{kind}-response"}
    if done:
        reply["entry"] = done
    return Reply(200, reply)


def _entries_of(bundle: Json) -> list[object]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise InvalidResource("server.entry_no_list", where="Bundle.entry", clause=CLAUSE)
    if len(entries) > BUNDLE_ENTRIES:
        raise TooLarge(
            "server.too_many_entries",
            where="Bundle.entry",
            clause=CLAUSE,
            found=len(entries),
            limit=BUNDLE_ENTRIES,
        )
    return entries


def _submit(bundle: Json, findings: list[Finding], call: Call, services: Services) -> list[Json]:
    """Carries out a submission of documents, unless it has errors; the response of each entry has
    its warnings.
    """
    # Before taking the lock: a submission that is refused keeps nobody waiting.
    if any(finding.severity in ("error", "fatal") for finding in findings):
        raise SubmissionRefused(findings, type="Bundle")
    with services.store.writing():  # so that nothing comes between the comparison and the storing
        findings = [
            *findings,
            *services.submissions.compare(bundle, partial(_known, call, services)),
        ]
        done = _transaction([_with_place(entry) for entry in bundle["entry"]], call, services)
    by_entry: dict[int, list[Finding]] = {}
    for finding in (fault for folded in findings for fault in folded.each()):
        match = PLACE.match(finding.where)  # what is about the whole stands with the first entry
        by_entry.setdefault(int(match[1]) if match else 0, []).append(finding)
    for index, findings_of_entry in by_entry.items():
        done[index]["response"]["outcome"] = operation_outcome(findings_of_entry, call.language)
    return done


def _known(call: Call, services: Services, type: str, token: str) -> list[Json]:
    matches = find_matches(type, (("identifier", token),), call, services)
    return [parse_json(match.body) for match in matches if match.body]


def _with_place(entry: Any) -> Any:
    """Reads `PUT List` as a published example of MHD writes it: as the one with the id in the
    resource.
    """
    request = entry["request"]
    resource = entry.get("resource", {})
    if (
        request.get("method") != "PUT"
        or "id" not in resource
        or request.get("url") != resource["resourceType"]
    ):
        return entry
    return {**entry, "request": {**request, "url": f"{resource['resourceType']}/{resource['id']}"}}


def _batch(entries: list[object], call: Call, services: Services) -> list[Json]:
    done = []
    for index, entry in enumerate(entries):
        try:
            work = _read_entry(entry, index, call)
            done.append(_response(work.match.interaction.handler(work.call, services), call))
        except SandboxError as error:
            failed = InvalidEntry(error, index=index)
            outcome = operation_outcome(failed.as_findings(), call.language)
            done.append({"response": {"status": _status(failed.status), "outcome": outcome}})
        except Exception:  # entries of a batch are independent (http.html#brules)
            exchange = random_id()
            log.exception("entry failed", extra={"exchange": exchange})
            ours = SandboxError("server.our_fault", exchange=exchange)
            outcome = operation_outcome(
                InvalidEntry(ours, index=index).as_findings(), call.language
            )
            done.append({"response": {"status": _status(500), "outcome": outcome}})
    return done


def _transaction(entries: list[object], call: Call, services: Services) -> list[Json]:
    done: dict[int, Json] = {}
    with services.store.writing():  # from the first condition on, so that what it found stays true
        works = _prepared(entries, call, services)
        changed = dict[str, int]()
        for work in sorted(works, key=lambda work: ORDER[work.method]):
            with naming_entry(work.index):
                reply = work.match.interaction.handler(work.call, services)
                # a condition may mean what another entry has only just stored
                for place in places_changed(work, reply):
                    claim(place, work, changed)
                done[work.index] = _response(reply, call)
    return [done[index] for index in range(len(works))]


def _prepared(entries: list[object], call: Call, services: Services) -> list[Work]:
    """Reads all entries, gives new resources their ids, and rewrites the references between
    them.
    """
    works = []
    for index, entry in enumerate(entries):
        with naming_entry(index):
            works.append(_read_entry(entry, index, call))
    works = identified(works, services)
    refuse_overlaps(works)
    # Only now that every id is known: an entry may refer to a later one.
    names = new_names(works)
    for place, work in enumerate(works):
        with naming_entry(work.index):
            works[place] = _with_references(work, names, services)
    return works


def _read_entry(entry: object, index: int, call: Call) -> Work:
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(request, dict):
        raise InvalidResource("server.no_request", where="request", clause=CLAUSE)
    method = request.get("method")
    url = request.get("url")
    if not isinstance(method, str) or method not in ORDER or not isinstance(url, str):
        raise InvalidResource(
            "server.bad_request_entry", where="request", clause=CLAUSE, methods=", ".join(ORDER)
        )
    path, _, query = url.removeprefix(call.base + "/").partition("?")
    match = route("GET" if method == "HEAD" else method, path)
    if match.interaction.level == "system":
        raise InvalidResource("server.nested_bundle", where="request.url", clause=CLAUSE)
    inner = replace(
        call,
        type=match.type,
        id=match.id,
        version=match.version,
        member=match.member,
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers={CONDITIONS[name]: str(request[name]) for name in CONDITIONS if name in request},
        body=entry.get("resource"),
    )
    full_url = entry.get("fullUrl")
    return Work(index, full_url if isinstance(full_url, str) else "", method, match, inner)


def _with_references(work: Work, names: dict[str, str], services: Services) -> Work:
    if work.method not in ("POST", "PUT", "PATCH") or not isinstance(work.call.body, dict):
        return work
    resource: Json = work.call.body
    known = dict(names)
    # References inside a Bundle resolve within that Bundle (FHIR R4 bundle.html#references).
    if work.call.type != "Bundle":
        for path, text in walk_references(resource):
            if text.startswith("urn:uuid:") and text not in known:
                where = f"{work.call.type}{path}"
                raise InvalidResource("server.dangling", where=where, clause=RULES, reference=text)
            if text not in known and CONDITIONAL.match(text):
                known[text] = _found_by(text, work.call, services)
    base = work.call.base
    body = rewrite_references(
        resource,
        lambda text: known.get(text, text),
        # a url, such as that of an attachment, is to lead there by itself (MHD 3:4.67.4.2.2)
        address=lambda text: f"{base}/{known[text]}" if text in known else text,
    )
    return replace(work, call=replace(work.call, body=body))


def _found_by(reference: str, call: Call, services: Services) -> str:
    """Resolves a conditional reference such as `Patient?identifier=…` (http.html#trules): one must
    match.
    """
    type, _, query = reference.partition("?")
    match = find_one(type, read_query("?" + query), call, services)
    if match is None:
        raise PreconditionFailed("server.no_match", where=reference, clause=RULES, type=type)
    return f"{type}/{match.id}"


def _response(reply: Reply, call: Call) -> Json:
    response: Json = {"status": _status(reply.status)}
    if "Location" in reply.headers:
        response["location"] = reply.headers["Location"].removeprefix(call.base + "/")
    elif "Content-Location" in reply.headers:  # of what an operation has stored and gives back
        response["location"] = reply.headers["Content-Location"].removeprefix(call.base + "/")
    if "ETag" in reply.headers:
        response["etag"] = reply.headers["ETag"]
        response["lastModified"] = reply.headers["Last-Modified"]
    if reply.findings:
        response["outcome"] = operation_outcome(reply.findings, call.language)
    entry: Json = {"response": response}
    if reply.body is not None and "Location" not in reply.headers:
        # The stored bytes as they are, rather than parsing them only to write them again.
        entry["resource"] = (
            orjson.Fragment(reply.body) if isinstance(reply.body, bytes) else reply.body
        )
    return entry


def _status(code: int) -> str:
    return f"{code} {HTTPStatus(code).phrase}"
