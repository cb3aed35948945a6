"""What every process of an event is told: the options that `serve` and `worker` share, since
whoever plays a run may be either, and plays it in the same way.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from sandbox import __version__
from sandbox.cli import tell
from sandbox.cli.options import Data, EgressProxy, Pack
from sandbox.cli.tenants import Validation
from sandbox.operations.logs import STYLE, LogStyle, set_up_log
from sandbox.operations.memory import give_large_blocks_back
from sandbox.settings import FAULTS, RUNS_AT_ONCE, Member, Settings, data_folder
from sandbox.web.addresses import refuse_userinfo

SWITCH_SECONDS = 0.0005
FAULT_HELP = tell("serve.fault", known=", ".join(FAULTS))


class MhdVersion(StrEnum):
    """The versions of MHD between which the rules for identifiers changed."""

    before = "4.2.2"
    current = "4.2.3"
    after = "ci"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayOptions:
    """Those of every process; one without an environment variable is for the command line alone."""

    data: Data = None
    pack: Pack = None
    seed: Annotated[str, typer.Option(help=tell("serve.seed"), envvar="CONNECTATHON_SEED")] = (
        "training"
    )
    validation: Annotated[Validation, typer.Option(help=tell("serve.validation"))] = Validation.off
    egress_proxy: EgressProxy = ""
    base_url: Annotated[
        str, typer.Option(help=tell("serve.base_url"), envvar="CONNECTATHON_BASE_URL")
    ] = ""
    member: Annotated[
        list[str] | None, typer.Option(help=tell("serve.member"), envvar="CONNECTATHON_MEMBERS")
    ] = None
    member_seconds: Annotated[
        float,
        typer.Option(
            help=tell("serve.member_seconds"), envvar="CONNECTATHON_MEMBER_SECONDS", min=0.1
        ),
    ] = 10
    mhd: Annotated[MhdVersion, typer.Option(help=tell("serve.mhd"))] = MhdVersion.current
    audit: Annotated[bool, typer.Option(help=tell("serve.audit"), envvar="CONNECTATHON_AUDIT")] = (
        True
    )
    fault: Annotated[
        list[str] | None, typer.Option(help=FAULT_HELP, envvar="CONNECTATHON_FAULTS")
    ] = None
    grant: Annotated[
        list[str] | None, typer.Option(help=tell("serve.grant"), envvar="CONNECTATHON_GRANTS")
    ] = None
    preset: Annotated[
        str, typer.Option(help=tell("serve.preset"), envvar="CONNECTATHON_PRESET")
    ] = ""
    judges: Annotated[
        int, typer.Option(help=tell("serve.judges"), envvar="CONNECTATHON_JUDGES", min=1, max=64)
    ] = 1
    runs: Annotated[
        int, typer.Option(help=tell("serve.runs"), envvar="CONNECTATHON_RUNS", min=0, max=1000)
    ] = RUNS_AT_ONCE
    graders: Annotated[
        int, typer.Option(help=tell("serve.graders"), envvar="CONNECTATHON_GRADERS", min=0, max=64)
    ] = 1
    log: Annotated[LogStyle, typer.Option(help=tell("serve.log"), envvar=STYLE)] = LogStyle.text
    until_stdin_closes: Annotated[bool, typer.Option(hidden=True)] = False


def settings_of(options: PlayOptions) -> Settings:
    """Returns what a process is told that serves nobody; `serve` adds to whom it does.

    Raises:
        BadParameter: One of them is none.
        Exit: They would harm what processes share.
    """
    refuse_userinfo(options.base_url, where="--base-url")
    return Settings(
        data=options.data or data_folder(),
        seed=options.seed,
        base_url=options.base_url,
        database_url=os.environ.get("DATABASE_URL", ""),
        validation=options.validation.value,
        members=tuple(_member(member) for member in options.member or ()),
        member_seconds=options.member_seconds,
        faults=_faults(options.fault or []),
        audit=options.audit,
        mhd=options.mhd.value,
        grants=tuple(options.grant or ()),
        preset=_preset(options.preset),
        country=os.environ.get("CONNECTATHON_COUNTRY", "XA"),
        judges=options.judges,
        runs=options.runs,
        graders=options.graders,
        id_seed=_id_seed(),
    )


def begin_log(style: LogStyle) -> None:
    """Lets this process log, and those that it starts."""
    set_up_log(style)
    os.environ[STYLE] = style.value


def make_ready(settings: Settings, load: Callable[[], object]) -> None:
    """Sets this process up.

    Args:
        settings: What it is told.
        load: Reads beforehand, in a process that judges, what that one is to have at hand.

    Raises:
        Busy: It would harm a server that works on the same files.
    """
    from sandbox.store.presence import refuse_beside
    from sandbox.workers import pool_of

    if not settings.database_url:
        refuse_beside(settings.data, version=__version__, counts_ids=bool(settings.id_seed))
    # a thread that computes gives way after this time, and the event loop is one of those that wait
    sys.setswitchinterval(SWITCH_SECONDS)
    give_large_blocks_back()
    pool_of(settings.judges).warm(load)


def _id_seed() -> str:
    """Returns from what ids are counted; ends where another server could count the same ones."""
    seed = os.environ.get("CONNECTATHON_ID_SEED", "")
    if seed and os.environ.get("DATABASE_URL"):
        print(tell("serve.id_seed_shared"), file=sys.stderr)
        raise typer.Exit(2)
    return seed


def _member(text: str) -> Member:
    """Reads `CL=/t/chile` or `PA=https://node.example/fhir`; ends with a sentence for anything
    else.
    """
    country, _, address = text.partition("=")
    if address.startswith("/t/") and address.count("/") == 2:
        address += "/fhir"
    refuse_userinfo(address, where="--member")
    is_known = address.startswith(("http://", "https://", "/t/")) or address == "/fhir"
    if len(country) != 2 or not country.isalpha() or not is_known:
        raise typer.BadParameter(tell("serve.bad_member", found=text), param_hint="--member")
    return Member(country.upper(), address.rstrip("/"))


def _faults(names: list[str]) -> frozenset[str]:
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise typer.BadParameter(
            tell("serve.bad_fault", found=unknown[0], known=", ".join(FAULTS)), param_hint="--fault"
        )
    return frozenset(names)


def _preset(name: str) -> str:
    from sandbox.event.presets import presets

    if name and name not in presets():
        known = ", ".join(presets())
        raise typer.BadParameter(
            tell("serve.bad_preset", found=name, known=known), param_hint="--preset"
        )
    return name


def stop_when_stdin_closes() -> None:
    """Ends the server together with the process that started it, even when that one was
    killed.
    """
    # a shell starts what it does not wait for with Ctrl-C ignored: until the server takes signals
    # itself, ours would be lost, and it would serve for ever
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_stop_behind_stdin, daemon=True).start()


def _stop_behind_stdin() -> None:
    while os.read(0, 1024):
        pass
    # Like Ctrl-C: open requests are answered and the database is closed first.
    os.kill(os.getpid(), signal.SIGINT)
