"""Verifies a credential or presentation of any form, with every step said.

Nothing is fetched: what was not at hand is named in the report as wanted, and who verifies may
fetch it where its host is allowed, and ask again.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.credentials.datamodel import ENVELOPED
from sandbox.credentials.envelopes import is_enveloped, verify_enveloped
from sandbox.credentials.jose import read_jws
from sandbox.credentials.linked import verify_linked
from sandbox.credentials.report import Asked, Known, Report, note
from sandbox.credentials.sdjwt.verifying import verify_sdjwt
from sandbox.credentials.status.checking import Entry, entries_of, judge_entry
from sandbox.credentials.texts import Json, as_list, read_object, write_compact
from sandbox.limits import CREDENTIAL_CHARACTERS, PRESENTED_CREDENTIALS

DATA = "data:"


def verify(
    text: str, known: Known, *, at: datetime | None = None, asked: Asked | None = None
) -> Report:
    """Returns the report of a credential or presentation.

    Args:
        text: A JWT, an SD-JWT, or JSON with proofs.
        known: Documents at hand, and whom to believe.
        at: The moment for which it is judged; now where there is none.
        asked: What the verifier had asked for; none where somebody only looks.
    """
    moment = at or datetime.now(UTC)
    report = _read(text, known, moment, asked)
    if report.claims is None:
        return report
    if report.is_presentation:
        _judge_parts(report, known, moment)
        return report
    _judge_status(report, known, moment)
    return report


def is_credential(text: str) -> bool:
    """Tells whether a text looks like a credential or presentation of a form that is known."""
    plain = text.strip()
    if plain.startswith("{"):
        return '"VerifiableCredential"' in plain or '"VerifiablePresentation"' in plain
    try:
        return "~" in plain or is_enveloped(read_jws(plain))
    except ValueError:
        return False


def _read(text: str, known: Known, at: datetime, asked: Asked | None) -> Report:
    plain = text.strip()
    report = Report(plain)
    if len(plain) > CREDENTIAL_CHARACTERS:
        size = {"expected": str(CREDENTIAL_CHARACTERS), "found": str(len(plain))}
        report.fail("form", "too_long", **size, clause="–")
        return report
    try:
        if plain.startswith("{"):
            verify_linked(report, read_object(plain), known, at, asked)
        elif "~" in plain:
            verify_sdjwt(report, plain, known, at, asked)
        else:
            jws = read_jws(plain)
            if not is_enveloped(jws):
                raise ValueError("no credential")
            verify_enveloped(report, jws, known, at, asked)
    except ValueError:
        report.claims = None
        report.fail("form", "no_credential", found=plain[:20], clause="VCDM 2.0 4")
    return report


def _judge_parts(report: Report, known: Known, at: datetime) -> None:
    """Verifies the credentials of a presentation."""
    shown = as_list((report.claims or {}).get("verifiableCredential"))
    if len(shown) > PRESENTED_CREDENTIALS:
        limit = {"expected": str(PRESENTED_CREDENTIALS), "found": str(len(shown))}
        report.fail("form", "too_many", **limit, clause="VCDM 2.0 4.13")
        return
    for credential in shown:
        text = credential if isinstance(credential, str) else write_compact(credential).decode()
        if isinstance(credential, dict) and ENVELOPED in as_list(credential.get("type")):
            # data:application/vc+jwt,TEXT (VCDM 2.0 4.13.1)
            text = str(credential.get("id", "")).removeprefix(DATA).partition(",")[2]
        part = _read(text, known, at, None)
        report.parts.append(part)
        if part.is_presentation:
            part.fail("form", "no_credential", found=part.form, clause="VCDM 2.0 4.13")
        elif part.claims is not None:
            _judge_status(part, known, at)
            _judge_subjects(report, part.claims)
        report.wanted |= part.wanted


def _judge_subjects(report: Report, credential: Json) -> None:
    """Adds whether who shows a credential is whom it is about."""
    clause = "VCDM 2.0 4.13"
    for subject in as_list(credential.get("credentialSubject")):
        id = subject.get("id") if isinstance(subject, dict) else None
        if id is None:
            report.add("holder", [note("bearer", "warning", clause=clause)])
        elif str(id) not in report.signers:
            met = ", ".join(sorted(report.signers)) or "–"
            report.fail(
                "holder", "not_holder", expected=str(id)[:80], found=met[:80], clause=clause
            )


def _judge_status(report: Report, known: Known, at: datetime) -> None:
    """Adds whether a credential was taken back, by each list that it names."""
    entries = entries_of(report)
    step = report.step("status")
    if not entries and step.status == "skipped" and not step.findings:
        report.add("status", detail="–")
    for entry in entries:
        _judge_list(report, entry, known, at)


def _judge_list(report: Report, entry: Entry, known: Known, at: datetime) -> None:
    """Verifies a list as the signed document that it is, and looks up one place in it."""
    if entry.address not in known.documents:
        report.wanted.add(entry.address)
        report.skip("status", "list_not_at_hand", found=entry.address[:120], clause=entry.clause)
        return
    fetched = known.documents[entry.address]
    text = fetched if isinstance(fetched, str) else write_compact(fetched).decode()
    if entry.is_token:
        judge_entry(report, entry, text, known, at)
        return
    listed = _read(text, known, at, None)
    report.wanted |= listed.wanted
    judge_entry(report, entry, text, known, at, listed=listed)
