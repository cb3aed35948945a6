"""Says in a few words what a credential is about, and what each of its claims is called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sandbox.certificates.words import Words
from sandbox.credentials.extracts import ENTRY, LISTS, MEDICINE
from sandbox.credentials.kinds import OF_VCT
from sandbox.credentials.report import Report
from sandbox.credentials.sdjwt.disclosures import Path
from sandbox.credentials.texts import Json, as_list
from sandbox.credentials.vaccination import DISCLOSABLE, SUBJECT, TYPE
from sandbox.i18n import Language, say

OF_CREDENTIAL = "credential"
TECHNICAL = (
    "_sd_alg",
    "aud",
    "cnf",
    "exp",
    "iat",
    "iss",
    "nbf",
    "status",
    "vct",
    OF_CREDENTIAL,
)
"""Claims that the issuer needs and no person reads (RFC 7519, SD-JWT VC 2.2.2)."""
NAMED = frozenset(DISCLOSABLE)
SIMPLE = frozenset({"link", "label", "link_expires", "needs_passcode", "raw"})
IN_LISTS = frozenset(LISTS.values())
FIELDS = frozenset({*MEDICINE.values(), *ENTRY.values()})
"""What is said of each entry of such a list."""
BY_PLACE = {place: tuple(claim.split(".")) for claim, place in SUBJECT.items()}


def words_of_credential(report: Report) -> Words:
    """Returns what a credential says about itself, as a person asks for it.

    Args:
        report: Of verifying it; only a key that is believed makes it trusted.
    """
    claims = report.claims or {}
    trust = report.step("trust")
    return Words(
        person=name_in(claims),
        kind=kind_of(claims),
        until=moment_of(claims.get("exp")),
        issuer=report.issuer,
        trusted_by=trust.detail if trust.status in ("ok", "warn") else "",
    )


def kind_of(claims: Json) -> str:
    """Returns the last part of the key of a sentence that says what a credential is."""
    if TYPE in as_list(claims.get("type")):
        return "vaccination"
    return OF_VCT.get(str(claims.get("vct")), "credential")


def as_read(path: Path, claims: Json) -> Path:
    """Returns the place of a claim as it is called in every form of credential.

    Args:
        path: Its place in the credential.
        claims: What the credential says.

    Returns:
        The place as an SD-JWT has it; what a credential of W3C says of itself is below
        `credential`, since `id` there is no person's.
    """
    if "credentialSubject" not in claims or not path:
        return path
    inner = path[1:]
    if path[0] != "credentialSubject" or not inner or inner[-1] in ("id", "type"):
        return (OF_CREDENTIAL, *path)
    return BY_PLACE.get(".".join(map(str, inner)), inner)


def name_in(claims: Json) -> str:
    """Returns whom a credential names; empty for nobody."""
    leaves = leaves_of(claims)
    named = (value for path, value in leaves if as_read(path, claims) == ("name",))
    name = next(named, "")
    return name if isinstance(name, str) else ""


def key_of_claim(path: Path) -> str:
    """Returns the last part of the key of a claim's name; empty for one that has none here."""
    return "_".join(map(str, path)) if path in NAMED else ""


def label_of(path: Path, language: Language) -> str:
    """Returns what people call a claim; empty for one that has no name here.

    Args:
        path: Its place, in numbers or in their digits where it is in a list.
        language: Of whoever reads.
    """
    key = key_of_claim(path)
    if key:
        return say(f"phone.claim.{key}", language)
    first, *rest = path or ("",)
    if first in SIMPLE and not rest:
        return say(f"phone.claim.{first}", language)
    if first not in IN_LISTS or len(rest) > 2 or not all(str(part).isdigit() for part in rest[:1]):
        return ""
    words = [say(f"phone.claim.{first}", language), *(str(int(part) + 1) for part in rest[:1])]
    if len(rest) < 2:
        return " ".join(words)
    field = str(rest[1])
    return f"{' '.join(words)}: {say(f'phone.field.{field}', language)}" if field in FIELDS else ""


def name_and_label(path: Path, language: Language) -> str:
    """Returns a claim by its name in the credential, with what people call it behind.

    Args:
        path: Its place.
        language: Of whoever reads.
    """
    name = ".".join(map(str, path))
    label = label_of(path, language)
    return f"{name} ({label})" if label else name


def place_of(path: Path) -> int:
    """Returns where a claim stands among others: as the parts of a vaccination are read."""
    return DISCLOSABLE.index(path) if path in NAMED else len(DISCLOSABLE)


def is_technical(path: Path) -> bool:
    """Tells whether a claim is one that no person reads."""
    return path[:1] != () and path[0] in TECHNICAL


def moment_of(seconds: Any) -> datetime | None:
    """Returns a moment; None for what is none.

    Args:
        seconds: Since 1970, as an issuer has written them (RFC 7519 NumericDate).
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def leaves_of(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yields each claim that is no object or list, with its place; an empty one is a claim."""
    if isinstance(value, dict) and value:
        for name, child in value.items():
            yield from leaves_of(child, (*path, name))
    elif isinstance(value, list) and value:
        for place, child in enumerate(value):
            yield from leaves_of(child, (*path, place))
    else:
        yield path, value
