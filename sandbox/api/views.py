"""Runs, tracks and exchanges as the API and the pages show them, in the reader's language.
Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from sandbox.api.shapes import (
    ExchangeView,
    FindingView,
    InputView,
    OutcomeView,
    RunView,
    TestView,
    TrackView,
)
from sandbox.errors import SandboxError
from sandbox.event.inputs import choices_of, known_to, shown_inputs
from sandbox.event.outcomes import Outcome
from sandbox.event.run import Run
from sandbox.exchange import Exchange
from sandbox.fhir.json import parse_json, write_json
from sandbox.findings import Finding
from sandbox.i18n import Language, say
from sandbox.sentences import Sentence, fix_of, public_fix_of, public_text_of, text_of
from sandbox.testbench.script import Test, Track
from sandbox.testbench.tracks import declared_inputs

# of a body; a page or a chat would not show more, and the evidence has the whole
SHOWN_BYTES = 100_000


def track_view(track: Track, language: Language) -> TrackView:
    """Returns a track with its inputs and its tests."""
    return {
        "id": track.id,
        "name": say(f"{track.room}.name", language),
        "actor": track.actor,
        "is_of_client": track.is_of_client,
        # a set has another order in each process
        "inputs": [_input_view(name, language) for name in sorted(known_to(track.id))],
        "tests": [test_view(track, test, language) for test in track.tests],
    }


def _input_view(name: str, language: Language) -> InputView:
    declared = declared_inputs()[name]
    meaning = say(f"testbench.input.{name}", language)
    return {
        "name": name,
        "kind": declared.kind,
        "choices": list(choices_of(declared)),
        "meaning": meaning,
    }


def test_view(track: Track, test: Test, language: Language) -> TestView:
    """Returns what a test is, by number, title, clause and what it needs."""
    return {
        "id": test.id,
        "number": test.number,
        "title": say(track.title_of(test), language),
        "clause": test.clause,
        "lesson": test.lesson,
        "needs": list(test.needs),
    }


def run_view(run: Run, language: Language, *, fix: Sentence = fix_of) -> RunView:
    """Returns a run with each test and what was found; `fix` says what to do next at this door."""
    said = partial(finding_view, language=language, fix=fix)
    known = {test.id: test for test in run.track.tests}
    rows = partial(_outcome_view, run, language=language, said=said)
    return {
        "id": run.id,
        "track": run.track.id,
        "system": run.system,
        "base": run.base,
        "at": run.at,
        "state": run.state,
        "verdict": run.verdict if run.outcomes else None,
        "tests": [rows(test, run.outcomes.get(test.id)) for test in run.tests],
        "inbox": run.door or None,
        "unmatched": [{"number": number, **said(one)} for number, one in run.unmatched.items()],
        "earlier": [
            rows(known[one.test], one) for one in reversed(run.mended) if one.test in known
        ],
        "team": run.team,
        "country": run.country,
        "by": run.by,
        "team_id": run.team_id,
        "by_id": run.author.id,
        "review": run.review,
        "known_failures": len(run.known_failures),
        "inputs": shown_inputs(run.inputs),
        "peers": _peers(run),
    }


def _outcome_view(
    run: Run,
    test: Test,
    outcome: Outcome | None,
    *,
    language: Language,
    said: Callable[[Finding], FindingView],
) -> OutcomeView:
    return {
        **test_view(run.track, test, language),
        "verdict": outcome.verdict if outcome else None,
        "findings": [said(finding) for finding in outcome.findings] if outcome else [],
        "exchanges": list(outcome.exchanges) if outcome else [],
        "known": run.known.get(test.id),
    }


def _peers(run: Run) -> dict[str, str]:
    """Returns the aliases of the systems that take part, by what the track calls them."""
    return {
        peer.input: run.given[peer.input] for peer in run.track.peers if peer.input in run.given
    }


def finding_view(finding: Finding, language: Language, *, fix: Sentence = fix_of) -> FindingView:
    """Returns a finding with its sentences; `fix` says what to do next at this door."""
    return {
        "key": finding.key,
        "severity": finding.severity,
        "where": finding.where,
        "expected": finding.expected,
        "found": finding.found,
        "clause": finding.clause,
        "text": text_of(finding, language),
        "fix": fix(finding, language),
        "public_text": public_text_of(finding, language),
        "public_fix": public_fix_of(finding, language),
    }


def exchange_view(exchange: Exchange) -> ExchangeView:
    """Returns an exchange; bodies as text, cut where they are long."""
    return {
        "method": exchange.method,
        "url": exchange.url,
        "status": exchange.status,
        "failure": exchange.failure,
        "elapsed": exchange.elapsed,
        "request_headers": list(exchange.request_headers),
        "headers": list(exchange.headers),
        "request_body": _shown(exchange.request_body),
        "body": _shown(exchange.body),
    }


def _shown(body: bytes) -> str:
    """Returns a body as text, JSON with one property a line; a long one is cut, and says so."""
    with suppress(SandboxError):  # what is no JSON is shown as it came
        body = write_json(parse_json(body), pretty=True) if body else b""
    text = body[:SHOWN_BYTES].decode("utf-8", "replace")
    return text + (" …" if len(body) > SHOWN_BYTES else "")
