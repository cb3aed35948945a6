"""Judges a credential or presentation by the data model of W3C, 2.0 and 1.1: members, their form,
and whether its types mean something.

What a proof says is judged elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sandbox.credentials.proofs.canonical import NotCanonical, expanded_types
from sandbox.credentials.proofs.contexts import V1, V2, UnknownContext
from sandbox.credentials.report import note
from sandbox.credentials.texts import Json, as_list
from sandbox.findings import Finding

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+\Z")
STAMP = re.compile(
    r"-?(?:[1-9][0-9]{3,}|0[0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
    r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))\Z"
)
LANGUAGE_VALUE = frozenset({"@value", "@language", "@direction"})
CREDENTIAL = "VerifiableCredential"
PRESENTATION = "VerifiablePresentation"
ENVELOPED = "EnvelopedVerifiableCredential"
CLAUSES = {V1: "VCDM 1.1", V2: "VCDM 2.0"}
# Members whose objects say a type; those that need an id as well.
TYPED = {
    "credentialStatus": "4.10",
    "credentialSchema": "4.11",
    "refreshService": "5.4",
    "termsOfUse": "5.5",
    "evidence": "5.6",
    "proof": "4.12",
}
HASHES = ("digestSRI", "digestMultibase")
WITH_ID = frozenset({"credentialSchema"})
error = partial(note, severity="error")


def is_presentation(document: Json) -> bool:
    """Tells whether a document says that it presents credentials, or can only be one that does."""
    types = as_list(document.get("type"))
    is_bare = not types and "credentialSubject" not in document
    return PRESENTATION in types or is_bare


def judge_model(document: Json) -> list[Finding]:
    """Returns where a credential or presentation breaks the data model that its first context
    names.
    """
    findings = [*_contexts(document), *_types(document), *_id(document)]
    if is_presentation(document):
        return [*findings, *_presentation(document)]
    return [
        *findings,
        *_issuer(document),
        *_subjects(document),
        *_words(document, "name"),
        *_words(document, "description"),
        *_times(document),
        *_typed(document),
        *_related(document),
    ]


def moment_of(value: Any) -> datetime | None:
    """Returns a dateTimeStamp as moment; None for what is none, or has no time zone."""
    if not isinstance(value, str) or not STAMP.match(value):
        return None
    # the end of a day, which is the next one's beginning (XML Schema 1.1 2, 3.3.7.2)
    is_midnight = "T24:" in value
    try:
        moment = datetime.fromisoformat(value.replace("T24:", "T00:")).astimezone(UTC)
        return moment + timedelta(days=is_midnight)
    except (ValueError, OverflowError):
        return None


def model_of(document: Json) -> str:
    """Returns the data model of a document: the address of its first context, if it is one."""
    first = next(iter(as_list(document.get("@context"))), None)
    return first if first in (V1, V2) else ""


def _clause(document: Json, section: str) -> str:
    return f"{CLAUSES.get(model_of(document), CLAUSES[V2])} {section}"


def _contexts(document: Json) -> Iterator[Finding]:
    contexts = document.get("@context")
    clause = _clause(document, "4.3")
    if not isinstance(contexts, list) or not contexts:
        yield error("no_contexts", where="@context", found=_shown(contexts), clause=clause)
        return
    if not model_of(document):
        met = _shown(contexts[0])
        yield error("first_context", where="@context", expected=V2, found=met, clause=clause)
    for context in contexts[1:]:
        is_url = isinstance(context, str) and URL.match(context)
        if not (is_url or isinstance(context, dict)):
            yield error("not_url", where="@context", found=_shown(context), clause=clause)


def _types(document: Json) -> Iterator[Finding]:
    types = as_list(document.get("type"))
    clause = _clause(document, "4.5")
    if not {CREDENTIAL, PRESENTATION} & {type for type in types if isinstance(type, str)}:
        wanted = PRESENTATION if is_presentation(document) else CREDENTIAL
        yield error("no_type", where="type", expected=wanted, found=_shown(types), clause=clause)
        return
    try:
        meant = expanded_types(document)
    except UnknownContext as unknown:
        yield note("terms_unknown", "information", where="@context", found=str(unknown)[:200])
        return
    except NotCanonical as reason:
        yield error("bad_terms", where="@context", found=str(reason)[:200], clause=clause)
        return
    for type in meant:
        if not URL.match(type):
            yield error("type_without_meaning", where="type", found=type[:80], clause=clause)


def _id(document: Json) -> Iterator[Finding]:
    if "id" in document:
        yield from _url(document["id"], "id", _clause(document, "4.4"))


def _url(value: Any, where: str, clause: str) -> Iterator[Finding]:
    if not isinstance(value, str) or not URL.match(value):
        yield error("not_url", where=where, found=_shown(value), clause=clause)


def _issuer(document: Json) -> Iterator[Finding]:
    issuer = document.get("issuer")
    clause = _clause(document, "4.7")
    if issuer is None:
        yield error("missing", where="issuer", clause=clause)
        return
    yield from _url(issuer.get("id") if isinstance(issuer, dict) else issuer, "issuer", clause)
    if isinstance(issuer, dict):
        yield from _words(issuer, "name", within="issuer.")
        yield from _words(issuer, "description", within="issuer.")


def _subjects(document: Json) -> Iterator[Finding]:
    subjects = as_list(document.get("credentialSubject"))
    clause = _clause(document, "4.8")
    if not subjects:
        yield error("missing", where="credentialSubject", clause=clause)
    for subject in subjects:
        if not isinstance(subject, dict) or not subject:
            yield error(
                "no_claims", where="credentialSubject", found=_shown(subject), clause=clause
            )
        elif "id" in subject:
            yield from _url(subject["id"], "credentialSubject.id", clause)


def _words(document: Json, name: str, *, within: str = "") -> Iterator[Finding]:
    """Yields where a name or description is neither text nor text with its language."""
    for value in as_list(document.get(name)):
        is_text = isinstance(value, str)
        if isinstance(value, dict):
            is_text = isinstance(value.get("@value"), str) and set(value) <= LANGUAGE_VALUE
        if not is_text:
            clause = _clause(document, "11.1")
            yield error("no_words", where=f"{within}{name}", found=_shown(value), clause=clause)


def _times(document: Json) -> Iterator[Finding]:
    is_old = model_of(document) == V1
    begin, end = ("issuanceDate", "expirationDate") if is_old else ("validFrom", "validUntil")
    clause = _clause(document, "4.6" if is_old else "4.9")
    if is_old and begin not in document:
        yield error("missing", where=begin, clause=clause)
    if not is_old:
        for name in {"issuanceDate", "expirationDate"} & set(document):
            yield note("old_date", "warning", where=name, expected=begin, clause=clause)
    for name in (begin, end):
        if name in document and moment_of(document[name]) is None:
            yield error("no_stamp", where=name, found=_shown(document[name]), clause=clause)
    first, last = (moment_of(document.get(name)) for name in (begin, end))
    if first and last and last < first:
        yield error("ends_before", where=end, found=_shown(document[end]), clause=clause)


def _typed(document: Json) -> Iterator[Finding]:
    for name, section in TYPED.items():
        clause = _clause(document, section)
        for item in as_list(document.get(name)):
            types = as_list(item.get("type")) if isinstance(item, dict) else []
            if not types or not all(isinstance(type, str) and type for type in types):
                yield error(
                    "no_type", where=name, expected="type", found=_shown(item), clause=clause
                )
            elif "id" in item or name in WITH_ID:
                yield from _url(item.get("id"), f"{name}.id", clause)


def _related(document: Json) -> Iterator[Finding]:
    """Yields where a related resource has no address of its own, or no hash to know it by."""
    clause = _clause(document, "5.3")
    met = []
    for item in as_list(document.get("relatedResource")):
        resource = item if isinstance(item, dict) else {}
        yield from _url(resource.get("id"), "relatedResource.id", clause)
        if not any(isinstance(resource.get(name), str) for name in HASHES):
            yield error("no_hash", where="relatedResource", found=_shown(item), clause=clause)
        if resource.get("id") in met:
            found = _shown(resource["id"])
            yield error("resource_twice", where="relatedResource.id", found=found, clause=clause)
        met.append(resource.get("id", object()))


def _presentation(document: Json) -> Iterator[Finding]:
    clause = _clause(document, "4.13")
    if "holder" in document:
        holder = document["holder"]
        yield from _url(holder.get("id") if isinstance(holder, dict) else holder, "holder", clause)
    for number, credential in enumerate(as_list(document.get("verifiableCredential"))):
        where = f"verifiableCredential[{number}]"
        if isinstance(credential, str) and model_of(document) == V1:
            continue  # a JWT, as 1.1 has them
        types = as_list(credential.get("type")) if isinstance(credential, dict) else []
        if not isinstance(credential, dict) or not types:
            yield error("no_type", where=where, expected=CREDENTIAL, found="–", clause=clause)
        elif ENVELOPED in types:
            if not str(credential.get("id", "")).startswith("data:"):
                yield error("no_envelope", where=f"{where}.id", clause=clause)
        else:
            yield from judge_model(credential)


def _shown(value: Any) -> str:
    return "–" if value is None else str(value)[:80]
