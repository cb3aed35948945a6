"""Broken twins: this server with one fault each.

They prove the test bench, which must fail exactly the tests that an expectation names, and they are
exercises: which twin is this?
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.fhir.json import Json, as_list, member, parse_json, write_json
from sandbox.submissions import check_submission
from sandbox.twins.changes import (
    OTHER_IDENTIFIER,
    answering,
    as_plain,
    capabilities_with,
    deaf_to,
    empty_at,
    in_entries,
    in_refusals,
    in_responses,
    in_searchsets,
    refusing_with,
    searches_with,
)
from sandbox.twins.operations import OPERATION_TWINS
from sandbox.twins.passing import Change, Passing, Twin
from sandbox.twins.refusals import REFUSAL_TWINS, REMARK
from sandbox.twins.summaries import SUMMARY_TWINS


def _of_type(type: str, change: Callable[[Json], Json]) -> Change:
    """Changes the submitted resources of a type."""
    return in_entries(
        lambda entry: (
            {**entry, "resource": change(entry["resource"])}
            if member(entry.get("resource"), "resourceType") == type
            else entry
        )
    )


def _without_xml(passing: Passing) -> Passing:
    return replace(passing, kind="text/plain") if "xml" in passing.kind else passing


def _set(**elements: Any) -> Callable[[Json], Json]:
    return lambda resource: {**resource, **elements}


def _of_kind(kind: str) -> Change:
    return lambda passing: (
        replace(passing, body=write_json({**passing.json, "type": kind}))
        if passing.is_submission and passing.status == 200
        else passing
    )


def _submission(**changes: Any) -> Change:
    return lambda passing: replace(passing, **changes) if passing.is_submission else passing


def _plain_if_wrong(passing: Passing) -> Passing:
    """Takes a wrong submission as well, and marks it for `_refused_if_marked`."""
    if not passing.is_submission or not any(
        finding.severity == "error" for finding in check_submission(passing.json) or ()
    ):
        return passing
    # the query of a request is handed on to its response: the one place where a mark survives
    return replace(as_plain(passing), query=MARK)


def _refused_if_marked(passing: Passing) -> Passing:
    return (
        replace(passing, status=400, body=write_json(REFUSAL)) if passing.query == MARK else passing
    )


def _without_documents(bundle: Json) -> Json:
    """Makes a submission with a FHIR document one that must be refused."""
    types = [
        member(member(entry, "resource"), "resourceType") for entry in as_list(bundle.get("entry"))
    ]
    # without a type the server itself refuses it: no answer is made up here
    return {"resourceType": "Bundle"} if "Bundle" in types else bundle


def _plain_resource(**changes: Any) -> Change:
    """Changes responses to single resources, not to Bundles."""

    def change(passing: Passing) -> Passing:
        resource: Any = passing.json if passing.status in (200, 201) else None
        # patients alone: the tests of plain REST work with them, those of documents must still pass
        is_plain = member(resource, "resourceType") == "Patient"
        return replace(passing, body=write_json({**resource, **changes})) if is_plain else passing

    return change


def _taking_patients(passing: Passing) -> Passing:
    # the status alone: nothing was stored, which a test finds only if it reads back
    is_create = passing.method == "POST" and passing.path.endswith("/Patient")
    return replace(passing, status=201) if is_create and passing.status == 400 else passing


def _superseding_always(bundle: Json) -> Json:
    """Supersedes whatever a submitted document relates to."""
    patches = [
        {
            "fullUrl": f"urn:uuid:0a1b2c3d-0000-4000-8000-{number:012}",
            "resource": {"resourceType": "Parameters", "parameter": [SUPERSEDING]},
            "request": {"method": "PATCH", "url": relation["target"]["reference"]},
        }
        for number, entry in enumerate(as_list(bundle.get("entry")))
        for relation in as_list(member(entry.get("resource"), "relatesTo"))
        if relation["code"] != "replaces"
    ]
    return {**bundle, "entry": [*as_list(bundle.get("entry")), *patches]}


def _without_replacement(bundle: Json) -> Json:
    """Leaves the replacement out of a submission: the new document comes, the old one stays."""
    entries = [
        {
            **entry,
            "resource": {
                name: value for name, value in entry["resource"].items() if name != "relatesTo"
            },
        }
        for entry in as_list(bundle.get("entry"))
        if _but_a_patch(entry) is not None and isinstance(member(entry, "resource"), dict)
    ]
    return {**bundle, "entry": entries}


def _whole_submission(change: Callable[[Json], Json]) -> Change:
    """Changes a submission as one Bundle."""
    return lambda passing: (
        replace(passing, body=write_json(change(passing.json)))
        if passing.is_submission and isinstance(passing.json, dict)
        else passing
    )


def _with_inline_data(passing: Passing) -> Passing:
    """Keeps the data of a simply published document where they came, as the answer shows."""
    reference: Any = passing.json
    if passing.status != 201 or member(reference, "resourceType") != "DocumentReference":
        return passing
    content = [
        {"attachment": {**part["attachment"], "data": "aGk="}} for part in reference["content"]
    ]
    return replace(passing, body=write_json({**reference, "content": content}))


def _of_patients(method: str, **changes: Any) -> Change:
    """Changes what is asked or answered by a method about one patient or about patients as such."""
    return lambda passing: (
        replace(passing, **changes)
        if passing.method == method and "/Patient" in passing.path
        else passing
    )


def _without_full_urls(bundle: Json) -> Json:
    entries = [
        {name: entry[name] for name in entry if name != "fullUrl"}
        for entry in as_list(bundle.get("entry"))
    ]
    return {**bundle, "entry": entries}


def _but_a_patch(entry: Json) -> Json | None:
    return None if member(entry.get("request"), "method") == "PATCH" else entry


def _with_relative_urls(bundle: Json) -> Json:
    # over the text: addresses stand at any depth of a Bundle
    text = write_json(bundle).decode()
    return dict(parse_json(re.sub(r'"url":"https?://[^"]*?/fhir/', '"url":"', text).encode()))


def _document(**changes: Any) -> Change:
    """Changes documents as they are retrieved."""
    # a request has status 0: without the test the change would reach it too
    return lambda passing: (
        replace(passing, **changes)
        if passing.method == "GET" and "/Binary/" in passing.path and passing.status
        else passing
    )


def _fhir_document(**changes: Any) -> Change:
    """Changes FHIR documents as they are retrieved."""
    return lambda passing: (
        replace(passing, **changes)
        if passing.method == "GET" and "/Bundle/" in passing.path and passing.status
        else passing
    )


def _but_with_authors_elsewhere(bundle: Json) -> Json:
    """Makes a submission whose author is not in it one that must be refused."""
    return {"resourceType": "Bundle"} if b"directory.example.org" in write_json(bundle) else bundle


def _dated_back(bundle: Json) -> Json:
    entries = [
        {**entry, "resource": {**entry["resource"], "date": "1999-12-31T00:00:00Z"}}
        if entry["resource"]["resourceType"] == "DocumentReference"
        else entry
        for entry in as_list(bundle.get("entry"))
    ]
    return {**bundle, "entry": entries}


def _without_search(passing: Passing) -> Passing:
    return replace(passing, status=405) if passing.path.endswith("/_search") else passing


SUPERSEDING = {
    "name": "operation",
    "part": [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": "DocumentReference.status"},
        {"name": "value", "valueCode": "superseded"},
    ],
}
PARTIAL = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "warning",
            "code": "processing",
            "details": {"coding": [{"code": "PartialReplaceContentNotProcessed"}]},
        }
    ],
}
MARK = b"marked"
REFUSAL = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]}
# 2.999 is the arc for examples (ITU-T X.660): no real document has this identifier
ANOTHER_DOCUMENT = {
    "resourceType": "Bundle",
    "type": "document",
    "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.4"},
    "entry": [{"resource": {"resourceType": "Composition"}}],
}
TWINS: Mapping[str, Twin] = {
    **OPERATION_TWINS,
    **REFUSAL_TWINS,
    **SUMMARY_TWINS,
    "answers_missing_with_200": Twin(response=_document(status=200)),
    "breaks_at_errors": Twin(response=in_refusals(lambda passing: replace(passing, status=500))),
    "changes_documents": Twin(response=_document(body=b"not what was sent")),
    "changes_identifiers": Twin(
        request=_of_type("DocumentReference", _set(masterIdentifier=OTHER_IDENTIFIER))
    ),
    "counts_one_too_many": Twin(
        response=in_searchsets(lambda bundle: {**bundle, "total": bundle.get("total", 0) + 1})
    ),
    "creates_in_silence": Twin(response=answering(201, 200, "POST")),
    "creates_no_patients": Twin(response=_of_patients("POST", status=405)),
    "dates_documents_back": Twin(
        request=_of_type("DocumentReference", _set(date="1999-12-31T00:00:00Z"))
    ),
    "deaf_to_authors": Twin(
        request=deaf_to("author.given", "author.family", "source.given", "source.family")
    ),
    "deaf_to_creation": Twin(request=deaf_to("creation")),
    "deaf_to_dates": Twin(request=deaf_to("date")),
    "deaf_to_ihe_parameters": Twin(request=deaf_to("designationType", "sourceId")),
    "deaf_to_list_codes": Twin(request=deaf_to("code")),
    "deaf_to_patients": Twin(request=deaf_to("patient.identifier")),
    "deaf_to_status": Twin(request=deaf_to("status")),
    "dates_what_is_found_back": Twin(response=in_searchsets(_dated_back)),
    "denies_what_it_stored": Twin(response=_submission(status=501, body=b"")),
    "finds_nothing": Twin(
        response=in_searchsets(lambda bundle: {**bundle, "total": 0, "entry": []})
    ),
    "forgets_full_urls": Twin(response=in_searchsets(_without_full_urls)),
    "forgets_location": Twin(response=in_responses(location=None)),
    "forgets_names": Twin(response=_plain_resource(name=[])),
    "forgets_total": Twin(
        response=in_searchsets(
            lambda bundle: {name: bundle[name] for name in bundle if name != "total"}
        )
    ),
    "forgets_version": Twin(response=in_responses(etag=None, lastModified=None)),
    "gives_no_xml": Twin(
        response=lambda passing: replace(passing, status=406) if "xml" in passing.kind else passing
    ),
    "gives_relative_addresses": Twin(response=in_searchsets(_with_relative_urls)),
    "gives_wrong_location": Twin(
        response=in_responses(location="DocumentReference/nowhere/_history/1")
    ),
    "has_no_capabilities": Twin(response=empty_at("/metadata")),
    "hides_capabilities": Twin(response=capabilities_with(rest=[])),
    "hides_what_is_missing": Twin(response=answering(404, 200, "GET")),
    "is_silent_about_errors": Twin(response=refusing_with("text/plain", b"ERROR")),
    "keeps_data_inline": Twin(response=_with_inline_data),
    "keeps_old_current": Twin(request=in_entries(_but_a_patch)),
    "keeps_what_is_deleted": Twin(response=answering(410, 200)),
    "knows_no_post_search": Twin(response=_without_search),
    "loses_an_entry": Twin(
        response=in_entries(lambda entry: None if "List/" in str(entry) else entry)
    ),
    "loses_fhir_documents": Twin(response=_fhir_document(status=404)),
    "loses_documents": Twin(response=_document(status=404)),
    "never_counts_versions": Twin(response=_plain_resource(meta={"versionId": "1"})),
    "never_deletes": Twin(response=_of_patients("DELETE", status=405)),
    "never_updates": Twin(response=_plain_resource(birthDate="1970-01-01")),
    "overwrites_blindly": Twin(response=answering(412, 200)),
    "processes_no_replacement": Twin(
        _whole_submission(_without_replacement), in_responses(outcome=PARTIAL)
    ),
    "refuses_fhir_documents": Twin(request=_whole_submission(_without_documents)),
    "refuses_authors_elsewhere": Twin(request=_whole_submission(_but_with_authors_elsewhere)),
    "refuses_searches": Twin(response=searches_with(403)),
    "retypes_documents": Twin(
        request=_of_type("DocumentReference", _set(type={"text": "document"}))
    ),
    "says_batch": Twin(response=_of_kind("batch-response")),
    "says_failed": Twin(response=in_responses(status="500 Internal Server Error")),
    "says_octet_stream": Twin(response=_document(kind="application/octet-stream")),
    "speaks_no_xml": Twin(request=_without_xml),
    "speaks_r5": Twin(response=capabilities_with(fhirVersion="5.0.0")),
    "stores_what_it_refuses": Twin(_plain_if_wrong, _refused_if_marked),
    "supersedes_always": Twin(request=_of_type("DocumentReference", _set(status="superseded"))),
    "supersedes_what_is_added_to": Twin(request=_whole_submission(_superseding_always)),
    "swaps_fhir_documents": Twin(response=_fhir_document(body=write_json(ANOTHER_DOCUMENT))),
    "takes_broken_patients": Twin(response=_taking_patients),
    "tells_no_error": Twin(
        response=in_refusals(lambda passing: replace(passing, body=write_json(REMARK)))
    ),
    "tells_no_reason": Twin(
        response=in_refusals(lambda passing: replace(passing, kind="text/plain", body=b"ERROR"))
    ),
}
