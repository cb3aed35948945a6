"""`connectathon wallet`: credentials received, looked at, and shown to a verifier with consent."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.bot import HERE
from sandbox.cli.options import Data, Lang, TokenEnv, bearer
from sandbox.cli.vc import report_lines, verified
from sandbox.i18n import Language, as_language, say
from sandbox.settings import data_folder

if TYPE_CHECKING:
    from sandbox.credentials.keys import PrivateKey
    from sandbox.credentials.report import Known, Report
    from sandbox.credentials.wallet.answering import Share
    from sandbox.credentials.wallet.calling import Send
    from sandbox.credentials.wallet.kept import KeptWallet
    from sandbox.credentials.wallet.offers import Offer
    from sandbox.credentials.wallet.receiving import Received
    from sandbox.credentials.wallet.requests import Asking
    from sandbox.credentials.wallet.waiting import Waiting

    Came = tuple[PrivateKey, list[Received], list[Waiting]]

CLIENT = "connectathon-wallet"
NAME = r"[A-Za-z0-9_-]{1,40}"


class Action(StrEnum):
    """What to do with a wallet."""

    receive = "receive"
    list = "list"
    show = "show"
    present = "present"
    export = "export"
    sync = "sync"
    wipe = "wipe"


WHOLE = (Action.list, Action.export, Action.wipe, Action.sync)
"""What is done with the wallet as a whole."""


def wallet(
    action: Annotated[Action, typer.Argument(help=tell("wallet.action"))],
    what: Annotated[str, typer.Argument(help=tell("wallet.what"))] = "",
    pin: Annotated[str, typer.Option(help=tell("wallet.pin"))] = "",
    name: Annotated[str, typer.Option(help=tell("wallet.name"))] = "mine",
    allow: Annotated[list[str] | None, typer.Option(help=tell("wallet.allow"))] = None,
    address: Annotated[
        str, typer.Option(help=tell("vc.address"), envvar="CONNECTATHON_BASE_URL")
    ] = HERE,
    token_env: TokenEnv = "",
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code 0: done; 1: the holder has not agreed; 2: refused, or usage."""
    from sandbox.cli.syncing import sync

    if re.fullmatch(NAME, name) is None:
        raise typer.BadParameter(tell("wallet.bad_name"), param_hint="--name")
    if not what and action not in WHOLE:
        raise typer.BadParameter(tell("wallet.nothing"), param_hint="WHAT")
    kept = _kept(data, f"command/{name}")
    language = as_language(lang)
    known = _known(data, address)
    if action is Action.sync:
        way = address.rstrip("/"), _sending(), bearer(token_env)
        sync(kept, data, name, way, language)
    elif action is Action.receive:
        _receive(what, pin, kept, known, language)
    elif action is Action.present:
        raise typer.Exit(_present(what, allow or [], kept, known, language))
    elif action is Action.wipe:
        raise typer.Exit(_wiped(kept, language))
    elif action is Action.export:
        content = {"credentials": kept.credentials(), "history": kept.history()}
        print(json.dumps(content, ensure_ascii=False, indent=1))
    elif action is Action.show:
        print("\n".join(_shown(what, kept, known, language)))
    else:
        print("\n".join(_listed(kept, language)))


def _known(data: Path | None, address: str) -> Known:
    from sandbox.api.authorities import known_of
    from sandbox.cli.stored import blocks_at, trust_at

    place = data or data_folder()
    now = datetime.now(UTC)
    return known_of(trust_at(data), place, address.rstrip("/"), now, {}, blocks_at(data))


def _kept(data: Path | None, owner: str) -> KeptWallet:
    """Returns a wallet of this machine, in the database of a data folder."""
    from sandbox.cli.stored import opened
    from sandbox.credentials.wallet.kept import KeptWallet
    from sandbox.sealing import Keys
    from sandbox.store.sealed import SealedStore

    @contextmanager
    def place() -> Iterator[SealedStore]:
        with opened(data) as partitions:
            yield SealedStore(partitions.main)

    return KeptWallet(place, Keys(data or data_folder()), owner)


def _receive(link: str, pin: str, kept: KeptWallet, known: Known, language: Language) -> None:
    """Receives what a link offers, and prints how it was checked."""
    from sandbox.credentials.wallet.kept import new_key
    from sandbox.credentials.wallet.offers import read_offer
    from sandbox.credentials.wallet.receiving import visit

    send = _sending()
    at = datetime.now(UTC)

    def judge(text: str) -> Report:
        return verified(text, known, at)

    if any(row["id"] == link for row in kept.waiting()):
        _ask_again(link, kept, send, judge, language)
        return
    offer = read_offer(link, send)
    typer.echo(say("cli.wallet.offered", language, issuer=offer.issuer), err=True)
    kept.check_room()
    if offer.is_by_browser:
        _keep(_agreed(offer, send, judge, at, language), offer, kept, at, language)
        return
    if offer.pin is not None and not pin:
        pin = typer.prompt(say("cli.wallet.ask_pin", language), hide_input=True, err=True)
    key = new_key()
    came, waiting = visit(offer, key, pin=pin, send=send, judge=judge, at=at)
    _keep((key, came, waiting), offer, kept, at, language)


def _agreed(
    offer: Offer, send: Send, judge: Callable[[str], Report], at: datetime, language: Language
) -> Came:
    """Returns what came when its holder had agreed in a browser."""
    from sandbox.cli.agreeing import listening
    from sandbox.credentials.wallet.agreeing import begin, finish
    from sandbox.credentials.wallet.kept import new_key

    with listening(say("cli.wallet.come_back", language)) as server:
        state = secrets.token_urlsafe(24)
        agreeing = begin(offer, client=CLIENT, redirect=server.address, state=state, send=send)
        print(say("cli.wallet.open_there", language, link=agreeing.link), flush=True)
        answer = server.heard()
    key = new_key()
    return key, *finish(agreeing, answer, key, send=send, judge=judge, at=at)


def _keep(fetched: Came, offer: Offer, kept: KeptWallet, at: datetime, language: Language) -> None:
    """Keeps what came and what is waited for, and prints how each was checked."""
    key, came, waiting = fetched
    for each in waiting:
        id = kept.wait_for(each, key, offer.issuer, at=at)
        print(say("cli.wallet.not_ready", language, id=id, seconds=each.interval))
    for received in came:
        id = kept.add(received, key, offer.issuer, at=at)
        print("\n".join(report_lines(received.report, language)))
        print(say("cli.wallet.received", language, id=id))
        if received.is_draft:
            typer.echo(say("cli.wallet.draft", language), err=True)


def _ask_again(
    id: str, kept: KeptWallet, send: Send, judge: Callable[[str], Report], language: Language
) -> None:
    """Asks for a credential that was not ready, and prints what came of it."""
    from sandbox.credentials.wallet.asking_again import ask_again

    at = datetime.now(UTC)
    new, until = ask_again(kept, id, send=send, judge=judge, at=at)
    if new:
        print("\n".join(report_lines(judge(kept.credential(new)["text"]), language)))
        print(say("cli.wallet.received", language, id=new))
        return
    seconds = round((datetime.fromisoformat(until) - at).total_seconds())
    print(say("cli.wallet.not_ready", language, id=id, seconds=seconds))


def _wiped(kept: KeptWallet, language: Language) -> int:
    """Removes the wallet where its holder says so once more; returns the exit code."""
    if not typer.confirm(say("cli.wallet.sure", language), err=True):
        return 1
    kept.wipe()
    print(say("cli.wallet.wiped", language))
    return 0


def _listed(kept: KeptWallet, language: Language) -> Iterator[str]:
    from sandbox.credentials.texts import as_list

    for row in kept.credentials():
        claims = row["claims"]
        kind = claims.get("vct") or ", ".join(map(str, as_list(claims.get("type"))))
        parts = (row["id"], row["received"][:16], kind, row["issuer"])
        yield "  ".join(parts)
    for row in kept.waiting():
        yield say("cli.wallet.waits", language, id=row["id"], issuer=row["issuer"])
    for row in kept.history():
        who = row["known_as"] or row["verifier"]
        told = {"at": row["at"][:16], "who": who, "names": ", ".join(row["claims"])}
        yield say("cli.wallet.history", language, **told)


def _shown(id: str, kept: KeptWallet, known: Known, language: Language) -> Iterator[str]:
    row = kept.credential(id)
    yield json.dumps(row["claims"], ensure_ascii=False, indent=1)
    yield from report_lines(verified(row["text"], known, datetime.now(UTC)), language)


def _present(
    link: str, allow: list[str], kept: KeptWallet, known: Known, language: Language
) -> int:
    """Shows what a link asks for, where the holder agrees; returns the exit code."""
    from sandbox.credentials.wallet.answering import answer, name_of, shares_of
    from sandbox.credentials.wallet.declining import DENIED, decline
    from sandbox.credentials.wallet.requests import read_request

    send = _sending()
    at = datetime.now(UTC)
    asking = read_request(link, known, send, at=at, sends_errors=True)
    kept.check_new(asking)
    shares = shares_of(asking, kept.held(at))
    typer.echo("\n".join(_consent(asking, shares, language)), err=True)
    leaving = {(share.query, path) for share in shares for path, _ in share.leaves}
    if allow:
        always = {(share.query, path) for share in shares for path in share.always}
        leaving = always | {pair for pair in leaving if name_of(pair[1]) in allow}
    elif not typer.confirm(say("cli.wallet.agree", language), err=True):
        decline(asking.fields, DENIED, send)
        typer.echo(say("cli.wallet.kept", language), err=True)
        return 1
    redirect = answer(asking, shares, leaving, send=send, at=at)
    kept.remember(asking, shares, at=at)
    print(say("cli.wallet.sent", language, who=asking.known_as or asking.client_id))
    if redirect:
        print(redirect)
    return 0


def _consent(asking: Asking, shares: list[Share], language: Language) -> Iterator[str]:
    """Yields who asks, and exactly what would leave and what stays."""
    from sandbox.credentials.words import name_and_label

    key = "known" if asking.known_as else "unknown"
    who = {"client": asking.client_id, "name": asking.known_as}
    yield say(f"cli.wallet.{key}", language, **who)
    yield say("cli.wallet.to", language, address=asking.address)
    for share in shares:
        yield say("cli.wallet.leaves", language, id=share.held.id)
        for path, value in share.leaves:
            yield f"  + {name_and_label(path, language)}: {json.dumps(value, ensure_ascii=False)}"
        if share.is_whole:
            yield say("cli.wallet.whole", language)
            continue
        yield say("cli.wallet.stays", language)
        yield from (f"  - {name_and_label(path, language)}" for path in share.stays)


def _sending() -> Send:
    from sandbox.testbench.calling import sending
    from sandbox.testbench.guard import guarded_from_here

    return sending(lambda: guarded_from_here({}))
