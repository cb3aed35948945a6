"""`connectathon vc`: verifiable credentials issued, read, verified and taken back, with every step
said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.bot import HERE
from sandbox.cli.cert import EXITS, MARKS, text_given
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import WORDS
from sandbox.i18n import Language, as_language, say
from sandbox.sentences import fix_of, text_of
from sandbox.settings import data_folder

if TYPE_CHECKING:
    from sandbox.credentials.folder import CredentialFolder
    from sandbox.credentials.report import Known, Report
    from sandbox.trust.folder import TrustFolder

# A status list needs a document of its issuer, which may need another: no more rounds than that.


class Action(StrEnum):
    """What to do with a credential."""

    decode = "decode"
    verify = "verify"
    issue = "issue"
    revoke = "revoke"


class Form(StrEnum):
    """The form of a credential, in the words of OpenID4VCI."""

    sdjwt = "dc+sd-jwt"
    linked = "ldp_vc"
    jwt = "jwt_vc_json"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where somebody works: the trust network, the data folder, the server's address, the time."""

    trust: TrustFolder
    data: Path | None
    address: str
    at: datetime
    language: Language

    @property
    def place(self) -> Path:
        """Returns the data folder."""
        return self.data or data_folder()


def vc(
    action: Annotated[Action, typer.Argument(help=tell("vc.action"))],
    what: Annotated[str, typer.Argument(help=tell("vc.what"))] = "",
    country: Annotated[str, typer.Option(help=tell("vc.country"))] = "",
    format: Annotated[Form, typer.Option(help=tell("vc.format"))] = Form.sdjwt,
    holder: Annotated[str, typer.Option(help=tell("vc.holder"))] = "",
    # Negative days issue an expired credential, to see it refused.
    days: Annotated[int, typer.Option(help=tell("vc.days"), min=-36500, max=36500)] = 365,
    address: Annotated[
        str, typer.Option(help=tell("vc.address"), envvar="CONNECTATHON_BASE_URL")
    ] = HERE,
    trust: Annotated[list[str] | None, typer.Option(help=tell("vc.trust"))] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help=tell("vc.fetch"))] = False,
    at: Annotated[datetime | None, typer.Option(help=tell("vc.at"))] = None,
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code 0: valid, or done; 1: not valid, not conformant, not verified or unreadable;
    2: usage.
    """
    from sandbox.cli.stored import trust_at

    if not what:
        raise typer.BadParameter(tell("vc.nothing"), param_hint="WHAT")
    # Typer parses --at as naive; it is meant as UTC.
    moment = (at or datetime.now(UTC)).replace(tzinfo=UTC)
    desk = Desk(trust_at(data), data, address.rstrip("/"), moment, as_language(lang))
    if action is Action.issue:
        print(_issued(what, country, format, holder, timedelta(days=days), desk))
    elif action is Action.revoke:
        print(_taken_back(what, country, desk))
    else:
        is_read = action is Action.decode
        believed = tuple(trust or ())
        raise typer.Exit(_judged(text_given(what), desk, believed, fetch=fetch, is_read=is_read))


def _issued(
    what: str, country: str, format: Form, holder: str, lasts: timedelta, desk: Desk
) -> str:
    """Returns a credential of what a file or code says, and tells what was left out."""
    from sandbox.api.authorities import authority_of
    from sandbox.credentials.issuing import Order, holder_key, issue_credential
    from sandbox.credentials.kinds import kind_for

    content = _content_of(text_given(what))
    kind = kind_for(content)
    said = kind.read(content)
    if holder:
        holder_key(holder)
    else:
        typer.echo(tell("vc.bearer"), err=True)
    if said.left_out:
        typer.echo(tell("vc.left_out", names=", ".join(said.left_out)), err=True)
    authority = authority_of(desk.trust, country, desk.address)
    place = _folder(country, desk).new_place()
    # an expired one begins before it ends
    begins = min(desk.at, desk.at + lasts - timedelta(days=1))
    order = Order(said.claims, holder, place, begins, desk.at + lasts, kind.name)
    return issue_credential(format.value, order, authority)


def _content_of(text: str) -> Any:
    """Returns what is to be signed: JSON, a health link, or what a health certificate holds.

    Raises:
        BadRequest: It is neither.
    """
    from sandbox.certificates.hcert import read
    from sandbox.certificates.links import is_link
    from sandbox.errors import BadRequest

    if not text.lstrip().startswith(("{", "[", "HC1:")) and is_link(text):
        return text.strip()
    try:
        return json.loads(text)
    except ValueError:
        content = read(text.strip("\r\n\t")).content
    if content is None:
        raise BadRequest("credentials.no_vaccination", where="content")
    return content


def _folder(country: str, desk: Desk) -> CredentialFolder:
    from sandbox.api.authorities import places_of
    from sandbox.cli.stored import record_act

    return places_of(desk.place, country, partial(record_act, desk.data))


def _taken_back(what: str, country: str, desk: Desk) -> str:
    """Takes a credential of a country back, and returns the sentence that says so."""
    from sandbox.api.authorities import authority_of
    from sandbox.credentials.status.checking import entries_of
    from sandbox.credentials.verifying import verify
    from sandbox.errors import BadRequest

    text = text_given(what)
    report = verify(text, _known(desk, ()), at=desk.at)
    if report.verdict == "unreadable":
        raise BadRequest("credentials.no_credential", where=what[:80], found=text[:20])
    lists = authority_of(desk.trust, country, desk.address).lists
    places = {entry.place for entry in entries_of(report) if entry.address.startswith(lists)}
    # what a text says of itself proves nothing: only a key of this sandbox does
    if len(places) != 1 or report.step("signature").status != "ok":
        raise BadRequest("credentials.not_issued_here", where=what[:80], found="–")
    (place,) = places
    _folder(country, desk).take_back(place)
    return tell("vc.revoked", place=place, country=country)


def _known(desk: Desk, believed: tuple[str, ...]) -> Known:
    from sandbox.api.authorities import known_of
    from sandbox.cli.stored import blocks_at

    names = {issuer: issuer for issuer in believed}
    blocks = blocks_at(desk.data)
    return known_of(desk.trust, desk.place, desk.address, desk.at, names, blocks)


def _judged(text: str, desk: Desk, believed: tuple[str, ...], *, fetch: bool, is_read: bool) -> int:
    """Prints what a text holds with its steps; returns the exit code."""
    from sandbox.credentials.recognising import kind_of_text
    from sandbox.credentials.verifying import verify

    kind = kind_of_text(text)
    if kind in ("offer", "request"):
        return _linked(text, desk, is_read=is_read)
    if kind:
        print(say(f"credentials.recognised.{kind}", desk.language))

    known = _known(desk, believed)
    report = verified(text, known, desk.at) if fetch else verify(text, known, at=desk.at)
    print("\n".join(report_lines(report, desk.language, is_read=is_read)))
    if is_read:
        return 0
    return EXITS.get(report.verdict, 1)


def _linked(text: str, desk: Desk, *, is_read: bool) -> int:
    """Prints what a link offers or asks for, and where to go on; returns the exit code: there is
    nothing in it yet to verify.
    """
    from sandbox.credentials.recognising import read_link

    linked = read_link(text, at=desk.at)
    print(say(f"credentials.recognised.{linked.kind}", desk.language))
    for fact in linked.facts:
        known = {"pin": f"credentials.recognised.pin_{fact.value}"}.get(fact.name)
        value = say(known, desk.language) if known else fact.value
        print(f"   {say(f'credentials.recognised.{fact.name}', desk.language)}: {value}")
    if linked.fault:
        finding = linked.fault.as_finding()
        print(f"   {text_of(finding, desk.language)} [{finding.clause}]")
        print(f"   → {fix_of(finding, desk.language)}")
        return 1
    verb = "receive" if linked.kind == "offer" else "present"
    print(say("cli.vc.linked", desk.language, verb=verb))
    return 0 if is_read else 1


def verified(text: str, known: Known, at: datetime) -> Report:
    """Returns the report of a credential, with what it takes asked of the network.

    Args:
        text: The credential.
        known: What is at hand, and whom to believe.
        at: The moment for which it is judged.
    """
    from sandbox.credentials.asking import verify_asking
    from sandbox.testbench.fetching import got
    from sandbox.testbench.guard import guarded_from_here

    def fetch(address: str) -> bytes:
        return got(address, lambda: guarded_from_here({}))

    def not_fetched(address: str, error: OSError) -> None:
        typer.echo(tell("vc.not_fetched", address=address, reason=error), err=True)

    return verify_asking(text, known, fetch, at=at, tell=not_fetched)


def report_lines(report: Report, language: Language, *, is_read: bool = False) -> Iterator[str]:
    """Yields a report: its steps, what it says where it is read alone, its parts, and the verdict.

    Args:
        report: What verifying came to.
        language: Of the sentences.
        is_read: Whether somebody only looks: then no step of belief is shown.
    """
    shown = [step for step in report.steps if not is_read or step.name in ("form", "schema")]
    for number, step in enumerate(shown, start=1):
        detail = f": {step.detail}" if step.detail else ""
        name = say(f"credentials.step.{step.name}", language)
        yield f"{number:2} {MARKS[step.status]:4} {name}{detail}"
        for finding in step.findings:
            sentence = text_of(finding, language)
            yield f"     {WORDS[finding.severity]:4} {sentence} [{finding.clause}]"
            yield f"          → {fix_of(finding, language)}"
    for address in sorted(report.wanted if not is_read else ()):
        yield "     " + say("cli.vc.wanted", language, address=address)
    if is_read and report.claims is not None:
        yield say("cli.vc.shown", language)
        yield json.dumps(report.claims, ensure_ascii=False, indent=1)
    for number, part in enumerate(report.parts, start=1):
        yield ""
        yield say("cli.vc.part", language, number=number)
        yield from report_lines(part, language, is_read=is_read)
    yield ""
    is_readable = is_read and report.verdict != "unreadable"
    yield say(f"certificates.verdict.{'readable' if is_readable else report.verdict}", language)
