"""`connectathon readiness`: the organisers' check of a terminology server, one line for each thing
that is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Lang, TokenEnv, bearer
from sandbox.cli.results import WORDS, exit_of, lines_of
from sandbox.i18n import Language, as_language, say

if TYPE_CHECKING:
    from sandbox.testbench.script import Result


def readiness(
    url: Annotated[str, typer.Argument(help=tell("readiness.url"))],
    seconds: Annotated[float, typer.Option(help=tell("readiness.seconds"), min=0.1)] = 30,
    token_env: TokenEnv = "",
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code 0: ready; 1: something is missing; 3: a fault of ours; 4: the server could not be
    asked to the end.
    """
    from sandbox.testbench.script import roll_up
    from sandbox.testbench.tracks.terminology_readiness import TRACK
    from sandbox.web.addresses import refuse_userinfo

    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter(tell("readiness.bad_url", found=url), param_hint="URL")
    refuse_userinfo(url, where="URL")
    language = as_language(lang)
    results = asyncio.run(_play(url, seconds, language, bearer(token_env)))
    for result in results:
        lines = lines_of(TRACK, result.test, result.verdict, result.findings, language)
        print("\n".join(("", *lines)))
    print(_summary(results, language))
    raise typer.Exit(exit_of(roll_up([result.verdict for result in results])))


async def _play(
    url: str, seconds: float, language: Language, secrets: Mapping[str, str]
) -> list[Result]:
    from sandbox.testbench.engine import play_track
    from sandbox.testbench.guard import Guard, GuardedTransport
    from sandbox.testbench.sending import Sender
    from sandbox.testbench.tracks.terminology_readiness import TRACK
    from sandbox.web.egress import egress_of

    # People may test whatever their own machine can reach.
    transport = GuardedTransport(Guard(allows_private=True, egress=egress_of()))
    async with Sender(
        url, transport=transport, secrets=secrets, language=language, seconds=seconds
    ) as send:
        return await play_track(TRACK, {}, send)


def _summary(results: list[Result], language: Language) -> str:
    words = [WORDS[finding.severity] for result in results for finding in result.findings]
    unclear = sum(result.verdict in ("inconclusive", "error") for result in results)
    # An unclear test ends with an information finding, which must not count as OK.
    ok = words.count("OK") - unclear
    warn = words.count("WARN")
    fail = words.count("FAIL")
    return "\n" + say(
        "cli.readiness.summary", language, ok=ok, warn=warn, fail=fail, unclear=unclear
    )
