"""Compares a submission with what is stored: warns where a unique identifier comes again.  Reads by
`find` alone.

All of it is taken, with a warning under the code of ITI TF-3 table 4.2.4.1-2: whoever repeats a
request after a lost answer has done no wrong, and IHE's own published examples use their
identifiers several times.
"""

from __future__ import annotations

from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.server.call import Find
from sandbox.server.search.escaping import escape
from sandbox.submissions.notes import BUNDLE, DUPLICATE, NOT_IDENTICAL, note
from sandbox.submissions.submission import Entry, read_submission


def compare_with_known(bundle: object, find: Find) -> list[Finding]:
    """Returns the findings about uniqueIds that stored documents and SubmissionSets have
    already.
    """
    submission = read_submission(bundle)
    if submission is None:
        return []
    documents = submission.document_references()
    sets = submission.submission_sets()
    findings = [_document(document, find) for document in documents if not document.is_conditional]
    findings += [
        _submission_set(submission_set, find)
        for submission_set in sets
        if submission_set.method == "POST" and not submission_set.is_conditional
    ]
    return [finding for finding in findings if finding is not None]


def _document(entry: Entry, find: Find) -> Finding | None:
    token = _token(entry.resource.get("masterIdentifier"))
    known = [
        reference
        for reference in _others(entry, "DocumentReference", token, find)
        # the search looks at both identifiers, and only the master one is unique
        if _token_of_master(reference) == token
    ]
    if not known:
        return None
    where = f"{entry.where}.masterIdentifier"
    hashes = {_hash_of(reference) for reference in known} - {""}
    known_hash = _hash_of(entry.resource)
    if known_hash and hashes and known_hash not in hashes:
        return note(
            "other_content",
            where,
            BUNDLE,
            NOT_IDENTICAL,
            found=token,
            expected=f"DocumentReference/{known[0]['id']}",
        )
    return note(
        "known_id",
        where,
        BUNDLE,
        DUPLICATE,
        found=token,
        expected=f"DocumentReference/{known[0]['id']}",
    )


def _submission_set(entry: Entry, find: Find) -> Finding | None:
    for number, identifier in enumerate(as_list(entry.resource.get("identifier"))):
        known = _others(entry, "List", _token(identifier), find)
        if known and member(identifier, "use") != "official":
            where = f"{entry.where}.identifier[{number}]"
            return note(
                "known_set",
                where,
                BUNDLE,
                DUPLICATE,
                found=_token(identifier),
                expected=f"List/{known[0]['id']}",
            )
    return None


def _others(entry: Entry, type: str, token: str, find: Find) -> list[Json]:
    # an update names itself: it is no duplicate of what it replaces
    own = entry.url.rpartition("/")[2] if entry.method == "PUT" else ""
    return (
        [reference for reference in find(type, token) if reference.get("id") != own]
        if token
        else []
    )


def _token_of_master(reference: Json) -> str:
    return _token(reference.get("masterIdentifier"))


def _token(identifier: object) -> str:
    system = member(identifier, "system")
    value = member(identifier, "value")
    is_whole = isinstance(system, str) and isinstance(value, str)
    return f"{escape(str(system))}|{escape(str(value))}" if is_whole else ""


def _hash_of(reference: Json) -> str:
    content = next(iter(as_list(reference.get("content"))), None)
    return str(member(member(content, "attachment"), "hash") or "")
