"""A Document Recipient's checks on a Provide Document Bundle (MHD 3:4.65.4.1), one function for
each rule.  Pure.

The profile itself is judged by the judge; here stand the rules that reach from one entry to
another.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member, parse_json
from sandbox.findings import Finding
from sandbox.submissions.identifiers import Version, read_identifiers
from sandbox.submissions.notes import (
    ATTACHMENT,
    BUNDLE,
    METADATA,
    MISMATCH,
    MISSING,
    PATIENT,
    REPLACE,
    note,
)
from sandbox.submissions.submission import (
    ELSEWHERE,
    LEVELS,
    PROFILES,
    Entry,
    Submission,
    attachments,
    items,
    read_submission,
    subject_of,
)
from sandbox.validation import validate

# Delayed Document Assembly: size 0 and the hash of nothing
DELAYED = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="
# Written for earlier releases of MHD: the published example holds its codes inline and lists the
# patient.  What differs from MHD is said, and is no reason to refuse.
DDCC = tuple(
    f"{base}/StructureDefinition/DDCCProvideDocumentBundle"
    for base in ("http://smart.who.int/ddcc", "http://worldhealthorganization.github.io/ddcc")
)
ORDER = {"fatal": 0, "error": 1, "warning": 2, "information": 3}


def check_content(content: bytes, version: Version) -> list[Finding] | None:
    """Does what `check_submission` does for the bytes of a Bundle; the job of a worker.

    Raises:
        InvalidContent: The bytes are no JSON.
    """
    return check_submission(parse_json(content), version=version)


def check_submission(bundle: Any, *, version: Version = "4.2.3") -> list[Finding] | None:
    """Judges a Bundle as a Document Recipient does (MHD 3:4.65.4.1).

    Args:
        bundle: Any JSON.
        version: The MHD by whose rules for identifiers it is judged.

    Returns:
        The findings, errors first; None for a Bundle that is no ITI-65 submission.
    """
    submission = read_submission(bundle)
    if submission is None:
        return None
    bundle, findings = read_identifiers(bundle, version)
    submission = read_submission(bundle) or submission
    findings += [*_declaration(submission), *_by_profile(bundle, submission)]
    for rule in RULES:
        findings += rule(submission)
    if any(url in DDCC for url in submission.profiles):
        findings = [
            replace(finding, severity="warning") if finding.severity == "error" else finding
            for finding in findings
        ]
    return sorted(findings, key=lambda finding: ORDER[finding.severity])


def _declaration(submission: Submission) -> Iterator[Finding]:
    known = [url for url in submission.profiles if url in LEVELS]
    if not submission.profiles:
        yield note("no_profile", "Bundle.meta.profile", BUNDLE, METADATA)
    elif len(known) != 1:
        profiles = ", ".join(submission.profiles)
        yield note(
            "profile",
            "Bundle.meta.profile",
            BUNDLE,
            METADATA,
            found=profiles,
            expected=", ".join(LEVELS),
        )


def _by_profile(bundle: Json, submission: Submission) -> Iterator[Finding]:
    """Judges the whole by its profile and each List and DocumentReference by its own, which says
    more of the cause.
    """
    declared = next((url for url in submission.profiles if url in LEVELS), "")
    level = LEVELS.get(declared, "Minimal")
    own = [(entry, list(_of_entry(entry, level))) for entry in submission.entries]
    faulty = {
        f"Bundle.entry[{entry.index}]"
        for entry, findings in own
        if any(finding.severity == "error" for finding in findings)
    }
    for _, findings in own:
        yield from findings
    known = [replace(finding, because=None) for _, findings in own for finding in findings]
    # one that declares none is held to the least: Minimal
    judged = validate(_without_patched(bundle), profiles=[declared or next(iter(LEVELS))])
    for finding in (part for folded in judged for part in folded.each()):
        # The Bundle's profile judges each entry again, by slices: what the entry's own profile said
        # already would only be repeated, in vaguer words.
        is_told = (
            finding.where.removesuffix(".resource") in faulty
            or replace(finding, because=None) in known
        )
        if finding.severity != "information" and not is_told:
            yield finding


def _without_patched(bundle: Json) -> Json:
    """Returns the Bundle without the fullUrls of resources that are elsewhere: the Parameters of a
    PATCH are not the DocumentReference that its fullUrl names, and references lead past them.
    """
    entries = [
        {name: entry[name] for name in entry if name != "fullUrl"}
        if member(member(entry, "request"), "method") in ELSEWHERE
        else entry
        for entry in as_list(bundle.get("entry"))
    ]
    return {**bundle, "entry": entries} if entries else bundle


def _patches(submission: Submission) -> Iterator[Finding]:
    """The fullUrl of an entry is absolute, if there is one."""
    for patch in submission.of_type("Parameters", "PATCH"):
        if patch.full_url and ":" not in patch.full_url:
            # HAPI's BundleBuilder writes it so, and nothing refers to it
            where = f"Bundle.entry[{patch.index}].fullUrl"
            yield note("relative_patch", where, BUNDLE, METADATA, found=patch.full_url)


def _of_entry(entry: Entry, level: str) -> Iterator[Finding]:
    codes = codes_of(entry.resource.get("code"))
    kind = "DocumentReference" if entry.type == "DocumentReference" else ""
    if entry.type == "List" and codes & {"submissionset", "folder"}:
        kind = "SubmissionSet" if "submissionset" in codes else "Folder"
    if not kind or entry.method not in ("POST", "PUT"):
        return
    # MHD has no UnContained profile of a Folder
    level = "Comprehensive" if kind == "Folder" and level != "Minimal" else level
    for finding in validate(entry.resource, profiles=[f"{PROFILES}IHE.MHD.{level}.{kind}"]):
        if finding.severity != "information":
            yield from finding.each(lambda where: entry.where + where.removeprefix(entry.type))


def _documents(submission: Submission) -> Iterator[Finding]:
    """There is something to submit, and the SubmissionSet lists it, and nothing else."""
    references = submission.document_references()
    if not references:
        yield note("no_document", "Bundle.entry", BUNDLE, METADATA)
    for listing in submission.submission_sets():
        listed = [submission.find(address) for address in items(listing)]
        for address, target in zip(items(listing), listed, strict=True):
            if target is None and address.startswith("urn:"):
                yield note("lost_item", f"{listing.where}.entry", BUNDLE, METADATA, found=address)
        for reference in references:
            if reference not in listed:
                yield note(
                    "not_listed", reference.where, BUNDLE, METADATA, found=reference.full_url
                )


def _contents(submission: Submission) -> Iterator[Finding]:
    """Each attachment leads to a document, in the Bundle or at an absolute address, and describes
    it rightly.
    """
    for reference in submission.document_references():
        for where, attachment in attachments(reference):
            url = str(attachment.get("url", ""))
            document = submission.find(url)
            if document is not None:
                yield from _described(where, attachment, document)
            elif not url.startswith(("http://", "https://")):
                yield note("lost_document", f"{where}.url", ATTACHMENT, MISSING, found=url)


def _described(where: str, attachment: Json, document: Entry) -> Iterator[Finding]:
    if document.type != "Binary":
        for name in [name for name in ("hash", "size") if name in attachment]:
            value = str(attachment[name])
            yield note("fhir_document", f"{where}.{name}", ATTACHMENT, METADATA, found=value)
        return
    stated, real = (
        str(described.get("contentType", "")).split(";")[0]
        for described in (attachment, document.resource)
    )
    if stated != real:
        place = f"{where}.contentType"
        yield note("content_type", place, ATTACHMENT, METADATA, found=stated, expected=real)
    content = read_base64(document.resource.get("data"))
    if content is None:
        yield note("no_content", f"{document.where}.data", ATTACHMENT, MISSING)
        return
    size = attachment.get("size")
    hash = attachment.get("hash")
    is_delayed = size == 0 and hash == DELAYED
    if size is not None and str(size) != str(len(content)) and not is_delayed:
        place = f"{where}.size"
        real_size = str(len(content))
        yield note("size", place, ATTACHMENT, METADATA, found=str(size), expected=real_size)
    if isinstance(hash, str) and not is_delayed:
        yield from _hashed(f"{where}.hash", hash, content)


def _hashed(where: str, stated: str, content: bytes) -> Iterator[Finding]:
    digest = hashlib.sha1(content, usedforsecurity=False)
    right = base64.b64encode(digest.digest()).decode()
    if stated == right:
        return
    # The two commonest mistakes are named: the digits in hexadecimal, and the Base64 of these.
    hexadecimal = digest.hexdigest()
    decoded = (read_base64(stated) or b"").decode("ascii", "replace").lower()
    key = (
        "hash_of_hex"
        if decoded == hexadecimal
        else "hash_in_hex"
        if stated.lower() == hexadecimal
        else "hash"
    )
    yield note(key, where, ATTACHMENT, METADATA, found=stated, expected=right)


def _patients(submission: Submission) -> Iterator[Finding]:
    """All of a submission is about one patient."""
    about: dict[str, Entry] = {}
    for entry in (*submission.document_references(), *submission.of_type("List")):
        subject = subject_of(entry.resource)
        if subject:
            about.setdefault(subject, entry)
    first, *rest = about or ("",)
    for subject in rest:
        if _differ(first, subject):
            yield note(
                "patients",
                f"{about[subject].where}.subject",
                PATIENT,
                MISMATCH,
                found=subject,
                expected=first,
            )


def _differ(first: str, second: str) -> bool:
    """Tells whether two subjects are surely not the same: a reference and an identifier may well
    be.
    """
    if ("|" in first) != ("|" in second):
        return False
    return not (first == second or first.endswith("/" + second) or second.endswith("/" + first))


def _replacements(submission: Submission) -> Iterator[Finding]:
    """A replacement comes with the PATCH that supersedes what it replaces."""
    patched = {
        patch.url.rpartition("/")[2]
        for patch in submission.of_type("Parameters", "PATCH")
        if _supersedes(patch)
    }
    for reference in submission.document_references():
        relations = reference.resource.get("relatesTo")
        for number, relation in enumerate(relations if isinstance(relations, list) else ()):
            target = relation.get("target") if isinstance(relation, dict) else None
            if isinstance(target, dict) and relation.get("code") == "replaces":
                address = str(target.get("reference", ""))
                if address.rpartition("/")[2] not in patched:
                    where = f"{reference.where}.relatesTo[{number}]"
                    yield note("replace", where, REPLACE, METADATA, found=address)


def _supersedes(patch: Entry) -> bool:
    """Tells whether a FHIRPath Patch replaces the status by superseded (MHD 3:4.65.4.1.2.3)."""
    wanted = {"path": "DocumentReference.status", "type": "replace", "value": "superseded"}
    for operation in as_list(patch.resource.get("parameter")):
        parts = [part for part in as_list(member(operation, "part")) if isinstance(part, dict)]
        values = {
            str(part.get("name")): next((part[key] for key in part if key.startswith("value")), "")
            for part in parts
        }
        if wanted.items() <= values.items():
            return True
    return False


def _folders(submission: Submission) -> Iterator[Finding]:
    """A folder is created or updated whole, under its id, not patched."""
    for folder in submission.of_type("List", "PUT"):
        if "/" not in folder.url and "?" not in folder.url:
            yield note(
                "put_without_id",
                f"Bundle.entry[{folder.index}].request.url",
                BUNDLE,
                METADATA,
                found=folder.url,
            )
    for patch in submission.of_type("Parameters", "PATCH"):
        if patch.url.startswith("List/"):
            yield note(
                "folder_patch",
                f"Bundle.entry[{patch.index}].request",
                BUNDLE,
                METADATA,
                found=patch.url,
            )


RULES = (_documents, _contents, _patients, _replacements, _folders, _patches)
