"""Bundles: what each type asks of its entries (bundle.html)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.fhir.json import Json
from tests.oracle.registry import Expected, a_copy, kind

PAGE = "FHIR R4 bundle.html"
REQUESTS = ("batch", "transaction", "history")
RESPONSES = ("batch-response", "transaction-response", "history")
PLAIN = ("document", "message", "collection", "searchset")
Change = Callable[[Json, Json], Any]


def _with_entry(
    name: str,
    rule: str,
    change: Change,
    *,
    types: tuple[str, ...],
    has: str = "",
    expected: Expected = "error",
) -> None:
    """Registers a change to a random entry of a Bundle of one of the types; `has` names what the entry must have."""

    @kind(f"bundle: {name}", PAGE + rule, expected=expected)
    def edit(resource: Json, random: random.Random) -> bool:
        if resource["resourceType"] != "Bundle" or resource.get("type") not in types:
            return False
        entries = [entry for entry in resource.get("entry", []) if not has or has in entry]
        if not entries:
            return False
        change(resource, random.choice(entries))
        return True


def _set(key: str, value: Any) -> Change:
    return lambda bundle, entry: entry.update({key: a_copy(value)})


def _of_bundle(key: str, value: Any) -> Change:
    return lambda bundle, entry: bundle.update({key: a_copy(value)})


def _take(key: str, inner: str = "") -> Change:
    return lambda bundle, entry: entry[key].pop(inner, None) if inner else entry.pop(key)


def _of_request(**members: Any) -> Change:
    return lambda bundle, entry: entry["request"].update(members)


def _append_twin(bundle: Json, entry: Json) -> None:
    bundle["entry"].append(a_copy(entry))


def _append_version(bundle: Json, entry: Json) -> None:
    twin = a_copy(entry)
    entry["resource"].setdefault("meta", {})["versionId"] = "1"
    twin["resource"].setdefault("meta", {})["versionId"] = "2"
    bundle["entry"].append(twin)


def _append_same_url(bundle: Json, entry: Json) -> None:
    bundle["entry"].append(
        {"fullUrl": entry["fullUrl"], "resource": {"resourceType": "Basic", "code": {"text": "a"}}}
    )


def _add_history(bundle: Json, entry: Json) -> None:
    entry["fullUrl"] = (
        "http://fhir.salud.test/" + entry["resource"]["resourceType"] + "/1/_history/1"
    )
    entry["resource"]["id"] = "1"


def _other_id(bundle: Json, entry: Json) -> None:
    entry["fullUrl"] = "http://fhir.salud.test/" + entry["resource"]["resourceType"] + "/other"
    entry["resource"]["id"] = "this"


ANY = (*PLAIN, *REQUESTS, *RESPONSES)
GET = {"method": "GET", "url": "Patient/1"}
SCORED = {"mode": "match", "score": 2}
_with_entry(
    "fullUrl twice",
    ", bdl-7: fullUrl is unique, but for versions",
    _append_same_url,
    types=PLAIN,
    has="fullUrl",
)
_with_entry(
    "an entry twice", ", bdl-7: a version only once", _append_twin, types=PLAIN, has="fullUrl"
)
_with_entry(
    "two versions",
    ", bdl-7: other versions may be there",
    _append_version,
    types=("collection",),
    has="fullUrl",
    expected="ok",
)
_with_entry(
    "fullUrl of a version",
    ", bdl-8: fullUrl is not version-specific",
    _add_history,
    types=PLAIN,
    has="fullUrl",
)
_with_entry(
    "fullUrl of another id",
    "-definitions.html#Bundle.entry.fullUrl: consistent with the id",
    _other_id,
    types=("collection", "searchset"),
    has="fullUrl",
)
_with_entry(
    "fullUrl relative",
    "-definitions.html#Bundle.entry.fullUrl: absolute",
    _set("fullUrl", "Basic/1"),
    types=PLAIN,
    has="resource",
)
_with_entry(
    "fullUrl of a wrong uuid",
    "-definitions.html#Bundle.entry.fullUrl: urn:uuid by RFC 4122",
    _set("fullUrl", "urn:uuid:1"),
    types=PLAIN,
    has="resource",
)
_with_entry(
    "fullUrl with blank",
    "-definitions.html#Bundle.entry.fullUrl: a uri",
    _set("fullUrl", "http://fhir.salud.test/a b"),
    types=ANY,
)
_with_entry("fullUrl empty", ": strings are never empty", _set("fullUrl", ""), types=ANY)
_with_entry(
    "fullUrl taken",
    "#bundle-unique: each entry must have a fullUrl",
    _take("fullUrl"),
    types=("document", "message", "collection"),
    has="fullUrl",
)
_with_entry(
    "entry empty",
    ", ele-1: objects are never empty",
    lambda bundle, entry: entry.clear(),
    types=ANY,
)
_with_entry(
    "entry of fullUrl alone",
    ", bdl-5: a resource unless there is a request or response",
    lambda bundle, entry: (
        entry.pop("request", 0),
        entry.pop("response", 0),
        entry.pop("resource"),
    ),
    types=PLAIN,
    has="resource",
)
_with_entry(
    "request in a plain Bundle",
    ", bdl-3: request only for batch, transaction, history",
    _set("request", GET),
    types=PLAIN,
)
_with_entry(
    "response in a plain Bundle",
    ", bdl-4: response only for responses and history",
    _set("response", {"status": "200"}),
    types=PLAIN,
)
_with_entry(
    "search in a plain Bundle",
    ", bdl-2: search only in a searchset",
    _set("search", {"mode": "match"}),
    types=("document", "message", "collection", "batch", "transaction"),
)
_with_entry(
    "total in a plain Bundle",
    ", bdl-1: total only for searchset and history",
    _of_bundle("total", 1),
    types=("document", "message", "collection", "batch", "transaction"),
)
_with_entry(
    "total negative",
    ": total is an unsignedInt",
    _of_bundle("total", -1),
    types=("searchset", "history"),
)
_with_entry("total a text", ": total is an unsignedInt", _of_bundle("total", "1"), types=ANY)
_with_entry("type unknown", ": type (required)", _of_bundle("type", "bundle"), types=ANY)
_with_entry("type taken", ": type 1..1", lambda bundle, entry: bundle.pop("type"), types=ANY)
_with_entry(
    "type transaction of a document",
    ", bdl-3: a transaction's entries have requests",
    _of_bundle("type", "transaction"),
    types=("document", "collection", "searchset"),
)
_with_entry(
    "type history of a document",
    ", bdl-3 and bdl-4: a history has request and response",
    _of_bundle("type", "history"),
    types=("document", "collection", "searchset"),
)
_with_entry(
    "type message of a document",
    ", bdl-12: a message starts with MessageHeader",
    _of_bundle("type", "message"),
    types=("document", "collection"),
)
_with_entry(
    "type document of a collection",
    ", bdl-9 to bdl-11: what a document has",
    _of_bundle("type", "document"),
    types=("collection", "searchset"),
)
_with_entry(
    "type collection of a message",
    ": a collection asks for resources alone",
    _of_bundle("type", "collection"),
    types=("message",),
    expected="ok",
)
_with_entry(
    "request taken",
    ", bdl-3: request is required",
    _take("request"),
    types=("batch", "transaction"),
    has="request",
)
_with_entry(
    "request without method",
    ": method 1..1",
    _take("request", "method"),
    types=REQUESTS,
    has="request",
)
_with_entry(
    "request without url", ": url 1..1", _take("request", "url"), types=REQUESTS, has="request"
)
_with_entry(
    "request method unknown",
    ": method (required)",
    _of_request(method="UPSERT"),
    types=REQUESTS,
    has="request",
)
_with_entry(
    "request method small",
    ": codes are case-sensitive",
    _of_request(method="post"),
    types=REQUESTS,
    has="request",
)
_with_entry(
    "request url with blank",
    ": url is a uri",
    _of_request(url="Patient/a b"),
    types=REQUESTS,
    has="request",
)
_with_entry(
    "request PUT without resource",
    "#transaction: PUT and POST have a resource",
    lambda bundle, entry: (entry.pop("resource"), entry["request"].update(method="PUT")),
    types=("batch", "transaction"),
    has="resource",
)
_with_entry(
    "ifModifiedSince a date",
    ": an instant",
    _of_request(ifModifiedSince="2020-01-31"),
    types=REQUESTS,
    has="request",
)
_with_entry(
    "response in a request Bundle",
    ", bdl-4: response only for responses and history",
    _set("response", {"status": "200"}),
    types=("batch", "transaction"),
)
_with_entry(
    "response taken",
    ", bdl-4: response is required",
    _take("response"),
    types=("batch-response", "transaction-response"),
    has="response",
)
_with_entry(
    "response without status",
    ": status 1..1",
    _take("response", "status"),
    types=RESPONSES,
    has="response",
)
_with_entry(
    "response status a number",
    ": status is a string",
    lambda bundle, entry: entry["response"].update(status=200),
    types=RESPONSES,
    has="response",
)
_with_entry(
    "response lastModified a date",
    ": an instant",
    lambda bundle, entry: entry["response"].update(lastModified="2020-01-31"),
    types=RESPONSES,
    has="response",
)
_with_entry(
    "search mode unknown",
    ": mode (required)",
    _set("search", {"mode": "hit"}),
    types=("searchset",),
)
_with_entry(
    "search score over 1",
    "#searchset: a score from 0 to 1",
    _set("search", SCORED),
    types=("searchset",),
    expected="unknown",
)
_with_entry(
    "search score a text",
    ": score is a decimal",
    _set("search", {"mode": "match", "score": "0.5"}),
    types=("searchset",),
)
_with_entry(
    "link without relation",
    ": relation 1..1",
    _of_bundle("link", [{"url": "http://fhir.salud.test"}]),
    types=ANY,
)
_with_entry("link without url", ": url 1..1", _of_bundle("link", [{"relation": "self"}]), types=ANY)
_with_entry(
    "link an object",
    ": link repeats",
    _of_bundle("link", {"relation": "self", "url": "http://fhir.salud.test"}),
    types=ANY,
)
_with_entry(
    "link of an entry without url", ": url 1..1", _set("link", [{"relation": "self"}]), types=ANY
)
_with_entry(
    "a link more",
    ": links are free",
    _of_bundle("link", [{"relation": "self", "url": "http://fhir.salud.test"}]),
    types=("collection", "batch", "transaction"),
    expected="ok",
)
_with_entry(
    "entry an object",
    ": entry repeats",
    lambda bundle, entry: bundle.update(entry=entry),
    types=ANY,
)
_with_entry("entry list empty", ": arrays are never empty", _of_bundle("entry", []), types=ANY)
_with_entry(
    "entry null", ": no nulls", lambda bundle, entry: bundle["entry"].append(None), types=ANY
)
_with_entry(
    "resource without its type",
    "; json.html#resources",
    lambda bundle, entry: entry["resource"].pop("resourceType"),
    types=ANY,
    has="resource",
)
_with_entry(
    "resource a text",
    ": a resource is an object",
    _set("resource", "Patient/1"),
    types=ANY,
    has="resource",
)
_with_entry(
    "resource not in an entry",
    ": an entry holds its resource",
    lambda bundle, entry: bundle["entry"].append(entry.pop("resource")),
    types=PLAIN,
    has="resource",
)
_with_entry(
    "text on a Bundle",
    ": a Bundle has no narrative",
    _of_bundle(
        "text", {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>'}
    ),
    types=ANY,
)
_with_entry(
    "extension on a Bundle",
    "#notes: there are no extensions on the Bundle itself",
    _of_bundle(
        "extension",
        [{"url": "http://fhir.salud.test/StructureDefinition/probe", "valueString": "a"}],
    ),
    types=ANY,
)
_with_entry(
    "contained in a Bundle",
    ": a Bundle contains nothing",
    _of_bundle("contained", [{"resourceType": "Basic", "id": "a", "code": {"text": "a"}}]),
    types=ANY,
)
_with_entry(
    "identifier a list", ": one identifier", _of_bundle("identifier", [{"value": "1"}]), types=ANY
)
_with_entry(
    "timestamp a date",
    ": timestamp is an instant",
    _of_bundle("timestamp", "2020-01-31"),
    types=ANY,
)
_with_entry(
    "signature without type",
    "; datatypes.html#Signature: type 1..*",
    _of_bundle("signature", {"when": "2020-01-31T10:00:00Z", "who": {"display": "a"}}),
    types=ANY,
)


@kind(
    "bundle: a message without its header", f"{PAGE}, bdl-12: a message starts with MessageHeader"
)
def take_header(resource: Json, random: random.Random) -> bool:
    if resource.get("type") != "message":
        return False
    resource["entry"] = resource["entry"][1:]
    return len(resource["entry"]) > 0
