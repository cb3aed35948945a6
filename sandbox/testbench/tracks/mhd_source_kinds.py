"""What of a submission the assertions about a Document Source judge, and whether any of it came.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json, as_list, member
from sandbox.submissions.metadata import DELAYED
from sandbox.submissions.submission import Entry, Submission, attachments, items, subject_of


def an_entry(sent: Submission) -> bool:
    """Tells whether anything at all is submitted."""
    return bool(sent.entries)


def a_set(sent: Submission) -> bool:
    """Tells whether there is a SubmissionSet."""
    return bool(sent.submission_sets())


def a_reference(sent: Submission) -> bool:
    """Tells whether there is a DocumentReference."""
    return bool(sent.document_references())


def a_listing(sent: Submission) -> bool:
    """Tells whether there is a SubmissionSet, and something that it lists or has to list."""
    return any(a_reference(sent) or items(listing) for listing in sent.submission_sets())


def an_attachment(sent: Submission) -> bool:
    """Tells whether there is an attachment."""
    return any(True for _ in _attached(sent))


def a_binary(sent: Submission) -> bool:
    """Tells whether an attachment leads to a Binary in the submission."""
    return any(document and document.type == "Binary" for _, document in _attached(sent))


def a_fhir_document(sent: Submission) -> bool:
    """Tells whether an attachment leads to a FHIR document in the submission."""
    return any(document and document.type != "Binary" for _, document in _attached(sent))


def a_hash(sent: Submission) -> bool:
    """Tells whether the hash of a Binary is stated."""
    return any("hash" in attachment for attachment in _measured(sent))


def a_measure(sent: Submission) -> bool:
    """Tells whether hash or size of a Binary are stated."""
    return any({"hash", "size"} & attachment.keys() for attachment in _measured(sent))


def an_identifier(sent: Submission) -> bool:
    """Tells whether a SubmissionSet, folder or DocumentReference has an identifier."""
    return any(
        entry.resource.get(name)
        for entry in (*sent.document_references(), *sent.of_type("List"))
        for name in ("masterIdentifier", "identifier")
    )


def a_subject(sent: Submission) -> bool:
    """Tells whether a SubmissionSet, folder or DocumentReference says whom it is about."""
    entries = (*sent.document_references(), *sent.of_type("List"))
    return any(subject_of(entry.resource) for entry in entries)


def an_author(sent: Submission) -> bool:
    """Tells whether an author or the patient's data at the source are referred to."""
    return any(
        entry.resource.get("author") or member(entry.resource.get("context"), "sourcePatientInfo")
        for entry in sent.document_references()
    ) or any(listing.resource.get("source") for listing in sent.submission_sets())


def a_replacement(sent: Submission) -> bool:
    """Tells whether a document takes the place of another."""
    return any(
        member(relation, "code") == "replaces"
        for reference in sent.document_references()
        for relation in as_list(reference.resource.get("relatesTo"))
    )


def a_folder(sent: Submission) -> bool:
    """Tells whether a folder is created or changed: any List beside the SubmissionSet, or a PATCH
    of one.
    """
    folders = [each for each in sent.of_type("List") if each not in sent.submission_sets()]
    patches = sent.of_type("Parameters", "PATCH")
    return bool(folders) or any(patch.url.startswith("List/") for patch in patches)


def _attached(sent: Submission) -> Iterator[tuple[Json, Entry | None]]:
    """Yields each attachment, with what it leads to in the submission."""
    for reference in sent.document_references():
        for _, attachment in attachments(reference):
            yield attachment, sent.find(str(attachment.get("url", "")))


def _measured(sent: Submission) -> Iterator[Json]:
    """Yields the attachments whose hash and size can be compared: those of a Binary with content,
    which is not to be assembled later (MHD's Delayed Document Assembly).
    """
    for attachment, document in _attached(sent):
        is_delayed = attachment.get("size") == 0 and attachment.get("hash") == DELAYED
        is_binary = document is not None and document.type == "Binary"
        if is_binary and not is_delayed and document and read_base64(document.resource.get("data")):
            yield attachment
