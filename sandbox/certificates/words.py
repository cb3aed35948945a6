"""Says in a few words what a certificate is about: whose it is, what, until when, by whom, and why
it is trusted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.certificates.cose import MAPS
from sandbox.certificates.meaning import end_of
from sandbox.certificates.steps import Certificate
from sandbox.fhir.json import as_list, member

FAMILIES = {"eu": "eu", "shc": "card", "vds-nc": "vds", "divoc": "border", "shlink": "link"}


@dataclass(frozen=True, slots=True)
class Words:
    """A certificate in words; what is not known is empty.

    `kind` is the last part of the key of a sentence that says what it is; `until` the moment at
    which it ends, by its own period where that is earlier.
    """

    person: str
    kind: str
    until: datetime | None
    issuer: str
    trusted_by: str


def words_of(certificate: Certificate) -> Words:
    """Returns what a certificate says about itself, as a person asks for it."""
    claims = certificate.claims
    trust = certificate.step("trust")
    return Words(
        person=next(_names(certificate.content), ""),
        kind=_kind(certificate),
        until=_until(certificate),
        issuer=claims.issuer if claims else "",
        trusted_by=trust.detail if trust.status in ("ok", "warn") else "",
    )


def _kind(certificate: Certificate) -> str:
    dialect = certificate.dialect
    if dialect is None:
        return FAMILIES.get(certificate.form, "other")
    known = ("ddcc_vs", "ddcc_tr", "icvp", "vhl", "meow")
    name = next((kind for kind in known if dialect.name.startswith(kind)), "")
    return name or FAMILIES.get(dialect.family, "other")


def _until(certificate: Certificate) -> datetime | None:
    expires = certificate.claims.expires if certificate.claims else None
    moments = []
    if expires is not None:
        # a claim may be milliseconds, as one deployed issuer writes them, or any number
        with suppress(ValueError, OverflowError, OSError):
            moments.append(datetime.fromtimestamp(expires, UTC))
    own = end_of(certificate.dialect, certificate.content) if certificate.dialect else None
    moments += [own] if own else []
    return min(moments, default=None)


def _names(content: Any) -> Iterator[str]:
    """Yields the name of the person in each form in which certificates have one."""
    if not isinstance(content, MAPS):
        return
    for name in ("n", "name"):
        if isinstance(content.get(name), str):
            yield content[name]
    sealed = content.get("pid")
    if isinstance(sealed, Mapping) and isinstance(sealed.get("n"), str):
        # ICAO has two blanks between the names of a family and those given
        yield " ".join(sealed["n"].split())
    eu = content.get("nam")
    if isinstance(eu, MAPS):
        parts = [eu.get("gn") or eu.get("gnt"), eu.get("fn") or eu.get("fnt")]
        yield " ".join(part for part in parts if isinstance(part, str))
    if isinstance(content, Mapping):
        for entry in as_list(content.get("entry")):
            resource = member(entry, "resource")
            if member(resource, "resourceType") == "Patient":
                yield from _human_names(resource)


def _human_names(patient: Any) -> Iterator[str]:
    for name in as_list(member(patient, "name")):
        given = [part for part in as_list(member(name, "given")) if isinstance(part, str)]
        words = " ".join([*given, str(member(name, "family") or "")]).strip()
        yield words or str(member(name, "text") or "")
