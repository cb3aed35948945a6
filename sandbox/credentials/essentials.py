"""What a vaccination certificate says beyond what whoever reads it needs: names of claims that none
of the forms known here has.
"""

from __future__ import annotations

from sandbox.credentials.report import Report
from sandbox.credentials.texts import Json, as_list
from sandbox.credentials.vaccination import DISCLOSABLE, SUBJECT, TYPE, VCT
from sandbox.credentials.words import is_technical, leaves_of

KINDS = ("icvp", "vaccination")
"""Words in a `vct` by which a certificate of vaccination is told, beside our own."""
STRUCTURE = frozenset({"id", "type", "@type", "@id"})
# What the component of 2023 wrote beside the names of today.
OF_2023 = frozenset({
    "totalDoses", "nextVaccinationDate", "validFrom", "vaccine.atcCode", "image.name",
    "image.alternateName", "image.description", "image.encodingFormat", "image.contentUrl",
})  # fmt: skip
OURS = frozenset(".".join(path) for path in DISCLOSABLE)


def beyond_essentials(report: Report) -> list[str] | None:
    """Returns the places of claims that no form of the certificate has.

    Args:
        report: Of reading the credential.

    Returns:
        The places; None for a credential of another kind, whose claims nobody here can weigh.
    """
    claims = report.claims or {}
    if report.form == "dc+sd-jwt":
        return _of_claims(claims) if _is_vaccination(str(claims.get("vct", ""))) else None
    if TYPE not in as_list(claims.get("type")):
        return None
    subjects = as_list(claims.get("credentialSubject"))
    known = frozenset(SUBJECT.values()) | OF_2023
    return [
        f"credentialSubject.{name}"
        for subject in subjects
        for name in _names(subject)
        if name not in known and name.rpartition(".")[2] not in STRUCTURE
    ]


def _of_claims(claims: Json) -> list[str]:
    shown = {name: value for name, value in claims.items() if not is_technical((name,))}
    return [name for name in _names(shown) if name not in OURS and name not in ("jti", "sub")]


def _names(value: object) -> list[str]:
    """Returns the places of what is no object, numbers of list items left out."""
    paths = [[part for part in path if isinstance(part, str)] for path, _ in leaves_of(value)]
    return list(dict.fromkeys(".".join(path) for path in paths if path))


def _is_vaccination(vct: str) -> bool:
    return vct == VCT or any(kind in vct.casefold() for kind in KINDS)
