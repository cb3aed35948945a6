"""`connectathon cert`: certificates issued, read, verified and taken back, with every step said."""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.cards import SHC, issue_from, write_cards
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import WORDS
from sandbox.i18n import Language, as_language, say
from sandbox.sentences import fix_of, text_of

if TYPE_CHECKING:
    from sandbox.certificates.rules import RuleOutcome
    from sandbox.certificates.steps import Certificate
    from sandbox.trust.folder import TrustFolder
    from sandbox.trust.pki import Pair

MARKS = {"ok": "OK", "warn": "WARN", "fail": "FAIL", "skipped": "–"}
EXITS = {"valid": 0, "deviates": 0, "link": 0}
# not for who reads alone
BELIEF = frozenset({"kid", "trust", "signature", "validity", "key_usage", "revocation"})
PATH = re.compile(
    r"(?:[A-Za-z]:[\\/]|\.{0,2}/|~)[^:]*\Z|[^:]*\.(?:png|jpe?g|gif|bmp|webp|svg|pdf|txt|json|xml|jwt)\Z",
    re.IGNORECASE,
)
"""What is meant as the path of a file: no certificate, link or credential looks like one."""


class Action(StrEnum):
    """What to do with a certificate."""

    decode = "decode"
    verify = "verify"
    issue = "issue"
    revoke = "revoke"
    restore = "restore"


def cert(
    action: Annotated[Action, typer.Argument(help=tell("cert.action"))],
    what: Annotated[str, typer.Argument(help=tell("cert.what"))] = "",
    country: Annotated[str, typer.Option(help=tell("cert.country"))] = "",
    dialect: Annotated[str, typer.Option(help=tell("cert.dialect"))] = "",
    # Negative days issue an expired certificate, to see it refused.
    days: Annotated[int, typer.Option(help=tell("cert.days"), min=-36500, max=36500)] = 365,
    key: Annotated[int, typer.Option(help=tell("cert.key"), min=1)] = 1,
    at: Annotated[datetime | None, typer.Option(help=tell("cert.at"))] = None,
    out: Annotated[Path | None, typer.Option(help=tell("cert.out"))] = None,
    force: Annotated[bool, typer.Option("--force", help=tell("cert.force"))] = False,
    reason: Annotated[str, typer.Option(help=tell("cert.reason"))] = "",
    issuer: Annotated[str, typer.Option(help=tell("cert.issuer"))] = "",
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code 0: valid, or done; 1: not valid or readable, or a rule is broken; 2: usage."""
    from sandbox.cli.stored import trust_at

    language = as_language(lang)
    trust = trust_at(data)
    # Typer parses --at as naive; it is meant as UTC.
    moment = (at or datetime.now(UTC)).replace(tzinfo=UTC)
    if not what and action is not Action.revoke:
        raise typer.BadParameter(tell("cert.nothing"), param_hint="WHAT")
    if action is Action.revoke and not what:
        print("\n".join(_list_of_revoked(trust, language)) or tell("cert.none_revoked"))
    elif action is Action.revoke:
        _tell_taken(_taken_back(what, trust, is_forced=force, reason=reason), language)
    elif action is Action.restore:
        _give_back(what, trust, language, reason=reason)
    elif action is Action.issue and dialect == SHC:
        write_cards(issue_from(Path(what), trust, issuer=issuer, at=moment), out)
    elif action is Action.issue:
        pair = _pair(trust, country, key)
        times = (moment, moment + timedelta(days=days))
        _write(_issued(what, pair, trust, dialect=dialect, times=times), out)
    else:
        is_read = action is Action.decode
        raise typer.Exit(_judged(what, trust, moment, language, is_read=is_read))


def _pair(trust: TrustFolder, country: str, number: int) -> Pair:
    """Returns one of a country's signers, counted from 1; raises BadParameter for none."""
    signers = trust.pki(country).dsc
    if number > len(signers):
        raise typer.BadParameter(tell("cert.no_key", count=len(signers)), param_hint="--key")
    return signers[number - 1]


def _issued(
    what: str, pair: Pair, trust: TrustFolder, *, dialect: str, times: tuple[datetime, datetime]
) -> str:
    """Returns the text of a certificate from now until its end, and keeps by what it is known."""
    from sandbox.certificates.hcert import read
    from sandbox.certificates.issuing import issue, signer_of
    from sandbox.certificates.revocation import revocation_ids

    begins, ends = times
    signer = signer_of(pair.certificate, pair.key)
    text = issue(_content_of(Path(what)), signer, dialect=dialect, at=begins, ends=ends)
    trust.keep_issued(*revocation_ids(read(text)))
    return text


def _tell_taken(handles: list[str], language: Language) -> None:
    print("\n".join(tell("cert.revoked", id=handle) for handle in handles))
    print(say("cli.cert.noticed", language))


def _give_back(what: str, trust: TrustFolder, language: Language, *, reason: str) -> None:
    handles, _ = _handles_of(what, trust)
    back = trust.revocations.restore(*handles, reason=reason)
    print("\n".join(tell("cert.restored", id=handle) for handle in back))
    print(say("cli.cert.restored_when", language))


def _list_of_revoked(trust: TrustFolder, language: Language) -> Iterator[str]:
    """Yields each handle that counts now, with what was done to it, when and why."""
    own = trust.revocations.own()
    told: set[str] = set()
    for act in trust.revocations.acts():
        word = say(f"cli.cert.act.{act.act}", language)
        counting = [handle for handle in act.handles if handle in own]
        told |= set(counting)
        state = "" if counting or act.act == "restored" else say("cli.cert.undone", language)
        yield f"{act.at}  {word}  {' '.join(act.handles)}  {act.reason} {state}".rstrip()
    # what was taken back before there was a log has neither time nor reason
    yield from (handle for handle in own if handle not in told)


def _taken_back(what: str, trust: TrustFolder, *, is_forced: bool, reason: str) -> list[str]:
    """Takes back what is meant, and returns by which handles.

    Raises:
        BadRequest: Nothing in it can be taken back, or nobody here has issued it.
    """
    from sandbox.errors import BadRequest

    handles, is_ours = _handles_of(what, trust)
    shown = ", ".join(sorted(handles)) or what[:80]
    if not handles:
        raise BadRequest("certificates.nothing_to_revoke", where=what[:80], found=shown)
    if not (is_ours or is_forced):
        raise BadRequest("certificates.not_issued_here", where=what[:80], found=shown)
    trust.revocations.revoke(*handles, reason=reason)
    return sorted(handles)


def _handles_of(what: str, trust: TrustFolder) -> tuple[set[str], bool]:
    """Returns by what a text, picture, file or identifier is known, and whether it was issued
    here.
    """
    from sandbox.certificates.judging import judge
    from sandbox.certificates.revocation import revocation_ids
    from sandbox.certificates.steps import SHL

    # a space at the end of a certificate belongs to Base45
    text = text_given(what).strip("\r\n\t")
    read = [
        item
        for item in judge(text, trust.own_keys(), trust.cards.issuers())
        if item.order is not SHL
    ]
    handles = {handle for certificate in read for handle in revocation_ids(certificate)}
    # what a text says of itself proves nothing: only a key of this sandbox does
    is_ours = bool(handles) and all(map(_is_by_us, read))
    if not handles:
        handles = _identifiers_in(text.strip())
        is_ours = bool(handles & trust.issued())
    return handles, is_ours


def _is_by_us(certificate: Certificate) -> bool:
    """Tells whether a key of this sandbox, against which it was judged, has signed it."""
    # a health card has no certificate that signs it, but an issuer
    return certificate.key is not None or certificate.step("signature").status == "ok"


def _identifiers_in(text: str) -> set[str]:
    """Returns the identifiers in the content of a certificate (JSON), or the one that a text is."""
    from sandbox.certificates.revocation import identifiers_of

    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        # an identifier has no blanks, and is no certificate that could not be read
        return {text} if text and len(text.split()) == 1 and len(text) < 250 else set()
    return set(identifiers_of(content))


def _judged(
    what: str, trust: TrustFolder, at: datetime, language: Language, *, is_read: bool
) -> int:
    """Prints what a text, file or picture holds with its steps, and what the rules of countries
    come to; returns the exit code.
    """
    from sandbox.certificates.judging import judge
    from sandbox.certificates.rules import judge_rules

    text = text_given(what, language)
    certificates = judge(text, trust.trust(at=at), trust.issuers(), at=at, revoked=trust.revoked())
    rules = trust.rules()
    print(
        "\n\n".join(
            "\n".join(certificate_lines(certificate, language, is_read=is_read))
            for certificate in certificates
        )
    )
    if is_read:
        return 0
    kept = [
        _rule(outcome, language)
        for certificate in certificates
        for outcome in judge_rules(rules, certificate.content, at=at, language=language)
    ]
    return max(
        0 if all(kept) else 1, *(EXITS.get(certificate.verdict, 1) for certificate in certificates)
    )


def _content_of(file: Path) -> Any:
    """Returns what is to be signed; raises BadRequest for a file that is not there or no JSON."""
    from sandbox.errors import BadRequest

    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadRequest(
            "certificates.no_content", where=str(file), file=file, found=str(error)[:80]
        ) from None


def text_given(what: str, language: Language = "en") -> str:
    """Returns the text that is meant: itself, from standard input, of a text file, or of the QR
    code in a picture.

    Args:
        what: The text, a path, or - for standard input.
        language: Of what is said about the codes of a picture.

    Raises:
        BadRequest: It is a path at which there is no file, or a picture without a code.
    """
    from sandbox.certificates.qr import NoPicture, codes_in
    from sandbox.certificates.shc_forms import faults_of_codes, text_of_codes
    from sandbox.errors import BadRequest

    if what == "-":
        return sys.stdin.read()
    # Certificates are longer than file names may be, and `is_file` raises for such a name.
    file = Path(what) if len(what) < 250 else None
    if file is None or not file.is_file():
        if PATH.match(what):
            raise BadRequest("certificates.no_file", where="file", file=what)
        return what
    content = file.read_bytes()
    # A certificate's text is ASCII, and a credential may be JSON: any other file is a picture.
    begin = content.removeprefix(codecs.BOM_UTF8)
    if begin.isascii() or begin.lstrip().startswith(b"{"):
        return content.decode(errors="replace")
    try:
        codes = codes_in(content)
    except NoPicture as error:
        raise BadRequest(f"certificates.{error.reason}", where=what) from None
    if not codes:
        raise BadRequest("certificates.no_code", where=what)
    text = text_of_codes([code.text for code in codes])
    for finding in faults_of_codes(codes):
        print(f"{WORDS[finding.severity]:4} {text_of(finding, language)} [{finding.clause}]")
    return text


def _write(text: str, out: Path | None) -> None:
    from sandbox.certificates.qr import png_of, svg_of

    print(text)
    if out is not None:
        content = svg_of(text).encode() if out.suffix == ".svg" else png_of(text)
        out.write_bytes(content)
        # beside the text and not behind it, so that the text alone can be piped on
        print(out, file=sys.stderr)


def certificate_lines(
    certificate: Certificate, language: Language, *, is_read: bool = False
) -> Iterator[str]:
    """Yields a certificate: its steps, its content where it is read alone, and last what it comes
    to.
    """
    for number, step in enumerate(
        step for step in certificate.steps if not is_read or step.name not in BELIEF
    ):
        name = say(f"certificates.step.{step.name}", language)
        detail = f": {step.detail}" if step.detail else ""
        yield f"{number + 1:2} {MARKS[step.status]:4} {name}{detail}"
        for finding in step.findings:
            sentence = text_of(finding, language)
            yield f"     {WORDS[finding.severity]:4} {sentence} [{finding.clause}]"
            yield f"          → {fix_of(finding, language)}"
    yield ""
    if is_read:
        yield _shown(certificate)
        yield ""
    yield _verdict(certificate, language, is_read=is_read)


def _rule(outcome: RuleOutcome, language: Language) -> bool:
    """Prints what a rule of a country comes to, and tells whether it is not broken."""
    if outcome.outcome != "not_for_it":
        word = say(f"certificates.rule.{outcome.outcome}", language)
        print(
            f"   {outcome.country} {outcome.id}: {word}. {outcome.text} {outcome.reason}".rstrip()
        )
    return outcome.outcome != "broken"


def _verdict(certificate: Certificate, language: Language, *, is_read: bool = False) -> str:
    is_readable = certificate.verdict != "unreadable"
    return say(
        f"certificates.verdict.{'readable' if is_read and is_readable else certificate.verdict}",
        language,
    )


def _shown(certificate: Certificate) -> str:
    claims = {} if certificate.claims is None else certificate.claims.content
    content = {str(name) if name is not None else "-": value for name, value in claims.items()}
    return json.dumps(content, ensure_ascii=False, indent=1, default=str)
