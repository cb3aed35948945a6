"""Lesson 06, a new signer for the list: what the gateway says to its upload (CMS)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.course.comparing import as_json, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_06 import PLACES
from sandbox.course.exercises.lesson_06_lists import EXERCISES as EXERCISES
from sandbox.course.exercises.reading import as_object, by_name
from sandbox.course.keys import DSC, SCA, UP
from sandbox.errors import Forbidden, SandboxError
from sandbox.findings import Finding

GATEWAY = "DCC Gateway 1.10.0 /signerCertificate"
PATH = "/signerCertificate"
TYPES = ("application/cms", "application/cms-text")
# what the gateway's checks find of a signer, by the sentences of the exercise
REFUSED = {
    "no_chain": "by_another",
    "short_key": "weak",
    "no_usage": "usage",
    "not_in_force": "over",
}
PARTS = ("method", "path", "content_type", "body")


def _files(answer: Any) -> Any:
    """Reads the certificates of a country, by their place."""
    files = as_object(answer)
    if any(_certificate(files.get(place)) is None for place in PLACES):
        found = as_json(answer)
        return wrong("no_files", where="files", expected="chile.files", found=found)
    return files


@EXERCISES.exercise(
    "6.10",
    points=3,
    clause=f"{GATEWAY}; RFC 5652 5",
    asked=Asked(read=by_name(files=_files, upload=by_name(*PARTS))),
)
def signer_uploaded(answer: Any, evidence: Evidence) -> Finding | None:
    """A new signer of documents, uploaded as the gateway takes it."""
    upload = answer["upload"]
    return _wrong_request(upload) or _wrong_body(upload["body"], answer["files"])


def _wrong_request(upload: Mapping[str, Any]) -> Finding | None:
    """Returns what is wrong with method, path or content type."""
    method, path, content_type = (str(upload[name]).strip() for name in PARTS[:3])
    if method.upper() != "POST":
        name = "takes_back" if method.upper() == "DELETE" else "method"
        return wrong(name, where="upload.method", expected="POST", found=method)
    place = path.partition("://")[2].partition("/")[2] if "://" in path else path.lstrip("/")
    if f"/{place}" != PATH:
        name = "case_of_path" if place.lower() == PATH[1:].lower() else "path"
        return wrong(name, where="upload.path", expected=PATH, found=path, said=path)
    if content_type.partition(";")[0].strip().lower() not in TYPES:
        said = {"found": content_type, "said": content_type}
        return wrong("content_type", where="upload.content_type", expected=TYPES[0], **said)
    return None


def _wrong_body(body: Any, files: Mapping[str, str]) -> Finding | None:
    """Returns what the gateway says of the body: first who has signed it, then what was signed."""
    from sandbox.trust.cms import NotCms
    from sandbox.trust.gateway import judge_upload, read_upload

    data = body.encode("utf-8", "replace") if isinstance(body, str) else body
    where = "upload.body"
    if not isinstance(data, bytes) or data.lstrip().startswith(b"-----BEGIN"):
        return wrong("not_signed", where=where, expected="chile.cms(…)", found=as_json(str(body)))
    try:
        content, signer = read_upload(data)
    except NotCms as error:
        return wrong("no_cms", where=where, expected="chile.cms(…)", found=error.reason)
    roles = {_der(files[place]): place for place in PLACES}
    if signer not in roles:
        return wrong("stranger", where=where, expected=UP, found="–")
    if roles[signer] != UP:
        found = roles[signer]
        return wrong("other_signer", where=where, expected=UP, found=found, said=found)
    if content.lstrip().startswith(b"-----BEGIN"):
        return wrong("pem", where=where, expected="DER", found="PEM")
    if content == _der(files[DSC]):
        return wrong("listed_already", where=where, expected="201", found="409")
    country = _country_of(files)
    try:
        issuer = _der(files[SCA])
        findings = judge_upload(content, country, [issuer], datetime.now(UTC))
    except Forbidden as error:
        found = error.as_findings()[0].found
        return wrong("other_country", where=where, expected=country, found=found, said=found)
    except SandboxError:
        return wrong("no_certificate", where=where, expected="DER", found=f"{len(content)} bytes")
    fault = next((finding for finding in findings if finding.severity == "error"), None)
    if fault is None:
        return None
    name = REFUSED.get(fault.key.rpartition(".")[2], "refused")
    return wrong(name, where=where, expected="201", found="400", said=fault.key)


def _country_of(files: Mapping[str, str]) -> str:
    from sandbox.certificates.issuing import signer_of

    certificate = _certificate(files[UP])
    return signer_of(certificate, certificate.public_key()).country


def _certificate(pem: Any) -> Any:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(pem.encode()) if isinstance(pem, str) else None
    except ValueError:
        return None


def _der(pem: str) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return bytes(_certificate(pem).public_bytes(Encoding.DER))
