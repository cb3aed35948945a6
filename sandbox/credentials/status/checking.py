"""Whether a credential was taken back: the place that it names in a list, and what stands there
(W3C Bitstring Status List 1.0, IETF Token Status List).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.credentials.issuers import judge_trust, key_of_header
from sandbox.credentials.jose import is_signed_by, read_jws
from sandbox.credentials.report import Known, Report, note
from sandbox.credentials.status.bits import (
    LEAST_ENTRIES,
    BadList,
    Bits,
    read_bitstring,
    read_token_list,
)
from sandbox.credentials.texts import Json, as_list
from sandbox.credentials.validity import judge_numbers

W3C = "W3C Bitstring Status List 1.0"
IETF = "IETF Token Status List"
TYP = "statuslist+jwt"
LISTED = "BitstringStatusListCredential"
LIST = "BitstringStatusList"
MOST_BITS = 8
ENTRY = "BitstringStatusListEntry"
NUMBER = re.compile(r"0|[1-9][0-9]{0,9}\Z")
# of a Token Status List (7.1); any other value is the application's own
INVALID = 1
SUSPENDED = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the status of a credential stands: list, place, and what a set bit means."""

    address: str
    place: int
    purpose: str
    is_token: bool
    size: int = 1

    @property
    def clause(self) -> str:
        """Returns the standard of the list."""
        return IETF if self.is_token else W3C


def entries_of(report: Report) -> list[Entry]:
    """Returns the places that a credential names; what names none adds a finding.

    Args:
        report: The credential's, with its form and claims.

    Returns:
        A place for each list; none where the credential has no status, or one of another kind.
    """
    claims = report.claims or {}
    if report.form == "dc+sd-jwt":
        return _token_entries(report, claims)
    entries = []
    for item in as_list(claims.get("credentialStatus")):
        entry = _bitstring_entry(report, item) if isinstance(item, dict) else None
        entries += [entry] if entry else []
    return entries


def judge_entry(
    report: Report,
    entry: Entry,
    text: str,
    known: Known,
    at: datetime,
    *,
    listed: Report | None = None,
) -> None:
    """Adds what a list says of one place.

    Args:
        report: The credential's.
        entry: The place.
        text: The list as it was fetched.
        known: Documents at hand, to find the key of the list.
        at: The moment for which it is judged.
        listed: The report of the list, where it is a credential itself.
    """
    try:
        bits = (
            _token_list(entry, text, report, known, at)
            if listed is None
            else _bitstring(entry, listed, report)
        )
        value = bits[entry.place] if bits is not None else None
    except BadList as error:
        report.fail("status", "bad_list", found=str(error)[:80], clause=entry.clause)
        return
    if value is not None:
        _judge_value(report, entry, value)


def _judge_value(report: Report, entry: Entry, value: int) -> None:
    """Adds what a value in a list means.

    Args:
        report: The credential's.
        entry: Its place, and what a set bit means there.
        value: What stands at the place; 0 is always valid.
    """
    shown = f"{entry.address} {entry.place}"
    if not value or (entry.purpose in ("refresh", "message") and not entry.is_token):
        report.add("status", detail=f"{shown}: {value}")
        return
    if entry.is_token and value not in (INVALID, SUSPENDED):
        odd = note("status_value", "warning", found=str(value), clause=f"{IETF} 7.1")
        report.add("status", [odd])
        return
    is_suspended = value == SUSPENDED if entry.is_token else entry.purpose == "suspension"
    name = "suspended" if is_suspended else "revoked"
    report.fail("status", name, found=shown[:120], clause=entry.clause)


def _token_entries(report: Report, claims: Json) -> list[Entry]:
    status = claims.get("status")
    if status is None:
        return []
    reference: Any = status.get("status_list") if isinstance(status, dict) else None
    if not isinstance(reference, dict):
        report.skip("status", "status_unknown", found=str(status)[:80], clause=f"{IETF} 6")
        return []
    place, address = reference.get("idx"), reference.get("uri")
    if isinstance(place, bool) or not isinstance(place, int) or not isinstance(address, str):
        report.fail("status", "bad_entry", found=str(reference)[:80], clause=f"{IETF} 6.2")
        return []
    return [Entry(address, place, "revocation", is_token=True)]


def _bitstring_entry(report: Report, item: Json) -> Entry | None:
    if ENTRY not in as_list(item.get("type")):
        report.skip("status", "status_unknown", found=str(item.get("type"))[:80], clause=W3C)
        return None
    place, address = item.get("statusListIndex"), item.get("statusListCredential")
    if not isinstance(place, str) or not NUMBER.match(place) or not isinstance(address, str):
        report.fail("status", "bad_entry", found=str(place)[:80], clause=f"{W3C} 2.1")
        return None
    size = item.get("statusSize", 1)
    purpose = str(item.get("statusPurpose"))
    if not _has_messages(item, size):
        shown = str(item.get("statusMessage", "–"))[:80]
        report.fail("status", "bad_messages", found=shown, clause=f"{W3C} 2.1")
        return None
    return Entry(
        address, int(place), purpose, is_token=False, size=size if isinstance(size, int) else 0
    )


def _has_messages(item: Json, size: Any) -> bool:
    """Tells whether each value that an entry can have has its message, where it is to have one."""
    if "statusMessage" not in item:
        return bool(size == 1)
    messages = item["statusMessage"]
    is_size = isinstance(size, int) and 0 < size <= MOST_BITS
    return bool(isinstance(messages, list) and is_size and len(messages) == 1 << size)


def _token_list(entry: Entry, text: str, report: Report, known: Known, at: datetime) -> Bits | None:
    """Returns the list of a status list token (Token Status List 5.1, 8.3).

    Returns:
        The list, or None where the key of the list is not at hand.

    Raises:
        BadList: It is no such token, of another address, not in force, or not signed by somebody
            who is believed.
    """
    try:
        jws = read_jws(text.strip())
    except ValueError:
        raise BadList("no JWT") from None
    if jws.header.get("typ") != TYP:
        raise BadList(f"typ {str(jws.header.get('typ'))[:40]}")
    if jws.payload.get("sub") != entry.address:
        raise BadList("sub is not its address")
    if "iat" not in jws.payload:
        raise BadList("no iat")
    aside = Report(text, issuer=str(jws.payload.get("iss", "")))
    key = key_of_header(aside, jws.header, aside.issuer, known)
    report.wanted |= aside.wanted
    if key is None and aside.wanted:
        report.skip("status", "list_not_at_hand", found=min(aside.wanted)[:120], clause=IETF)
        return None
    if key is None or not is_signed_by(jws, key):
        raise BadList("its signature is wrong")
    judge_trust(aside, key, known, at)
    if aside.step("trust").status == "fail" and not _is_believed_by_nobody(report):
        raise BadList("nobody believes its issuer")
    judge_numbers(aside, jws.payload, at)
    if aside.step("validity").status == "fail":
        raise BadList("it is not in force")
    lists = jws.payload.get("status_list")
    if not isinstance(lists, dict) or not isinstance(lists.get("lst"), str):
        raise BadList("no status_list")
    size = lists.get("bits")
    return read_token_list(lists["lst"], size=size if isinstance(size, int) else 0)


def _is_believed_by_nobody(report: Report) -> bool:
    """Tells whether a credential is by somebody who is not believed: that its list is not believed
    either says nothing more, and whoever keeps it nevertheless is to know what the list says.
    """
    return report.step("trust").status == "fail"


def _bitstring(entry: Entry, listed: Report, report: Report) -> Bits | None:
    """Returns the list of a status list credential (W3C Bitstring Status List 1.0 3.2).

    Returns:
        The list, or None where its signature could not be checked.

    Raises:
        BadList: The credential is not valid, of another address or purpose, or holds no list.
    """
    failed = {step.name for step in listed.steps if step.status == "fail"} - {"schema"}
    if listed.claims is None or failed - ({"trust"} if _is_believed_by_nobody(report) else set()):
        raise BadList("it is not valid")
    if listed.step("signature").status == "skipped":
        report.skip("status", "list_not_at_hand", found=entry.address[:120], clause=W3C)
        return None
    claims = listed.claims or {}
    subject = claims.get("credentialSubject")
    if not isinstance(subject, dict) or claims.get("id") not in (None, entry.address):
        raise BadList("it is another list")
    if LISTED not in as_list(claims.get("type")) or LIST not in as_list(subject.get("type")):
        raise BadList(f"it is no {LISTED} of a {LIST}")
    if entry.purpose not in as_list(subject.get("statusPurpose")):
        raise BadList(f"it is no list for {entry.purpose[:40]}")
    encoded = subject.get("encodedList")
    bits = read_bitstring(encoded if isinstance(encoded, str) else "", size=entry.size)
    if len(bits) < LEAST_ENTRIES:
        found = str(len(bits))
        few = note("short_list", "warning", found=found, expected=str(LEAST_ENTRIES), clause=W3C)
        report.add("status", [few])
    return bits
