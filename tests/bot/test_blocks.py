"""Every card within Slack's limits, with the longest names and a hundred rows, in every language and all tiers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.cards import HERE, Button, Card, Table, as_text, from_dict
from bot.fakeslack.limits import fault_of
from bot.instance_cards import checklist_card, instance_card, invited_card, moved_card
from bot.run_cards import details, explanation, matrix_table, run_card
from bot.slack.blocks import TIERS, escaped, message_of
from bot.words import LANGUAGES, Language, say

LONG = "x" * 400
TABLES = ("data_table", "table")


def a_run(**changes: Any) -> dict[str, Any]:
    finding = {
        "key": "a.b", "severity": "error", "where": "Bundle.entry[0].resource", "expected": LONG, "found": LONG,
        "clause": LONG, "text": LONG * 9, "fix": LONG * 9, "public_text": LONG * 9, "public_fix": LONG * 9,
    }  # fmt: skip
    test = {
        "id": "t", "number": "RCP-01", "title": LONG, "clause": LONG, "lesson": "03", "verdict": "fail",
        "findings": [finding] * 10, "exchanges": [], "known": None, "needs": [],
    }  # fmt: skip
    review = {"standing": "none", "monitor": "", "comment": "", "note": "", "at": 0}
    run = {
        "id": "run-" + "y" * 60, "track": "mhd.recipient", "system": "z" * 31, "state": "done", "verdict": "fail",
        "tests": [{**test, "number": f"RCP-{place:03}"} for place in range(300)], "review": review,
        "by": "Ana", "team": "Chile",
    }  # fmt: skip
    return {**run, **changes}


def an_instance(**changes: Any) -> dict[str, Any]:
    part = {"role": LONG, "title": LONG, "system": "z" * 31, "team": LONG, "standing": "invited"}
    bench = {"role": LONG, "track": "mhd.recipient", "verdict": "fail"}
    instance = {
        "id": "cwq8s5srh4cx", "test": "1.10", "title": LONG, "state": "to_verify", "state_name": LONG,
        "changed": 1, "monitor": LONG, "comment": LONG, "open_roles": [LONG] * 9, "parts": [part] * 9,
        "bench": [bench] * 90, "checklist": [LONG] * 90,
    }  # fmt: skip
    return {**instance, **changes}


def cards(language: Language) -> list[Card]:
    cell = {
        "system": "z" * 31,
        "track": "terminology.readiness",
        "verdict": "inconclusive",
        "passed": 9,
        "is_whole": True,
        "tests": 99,
    }
    buttons = tuple(Button(LONG, "run", {"track": LONG}) for _ in range(40))
    return [
        run_card(a_run(), "http://a.test", language),
        run_card(a_run(state="waiting", verdict=None), "http://a.test", language),
        instance_card(an_instance(), "http://a.test", language),
        instance_card(an_instance(state="started"), "http://a.test", language),
        invited_card(an_instance(state="started"), "http://a.test", language),
        moved_card(an_instance(), "http://a.test", language),
        checklist_card(an_instance(), {}, language),
        Card(LONG, calls=("T1/U1", HERE)),
        details(a_run(), language),
        explanation(a_run(), "RCP-001", language),
        explanation(a_run(), "RCP-999", language),
        Card("matrix", table=matrix_table([cell] * 100, language)),
        Card(LONG, facts=((LONG, LONG),) * 20, lines=(LONG * 20,) * 60, buttons=buttons),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", TIERS)
def test_every_card_is_within_the_limits(language: Language, tier: str) -> None:
    for card in cards(language):
        message = message_of(card, tier=tier)
        assert fault_of(message, tables=TABLES) == "", card.title
        assert message["text"]
        text = "".join(
            one["text"]["text"]
            for one in message["blocks"]
            if one["type"] == "section" and "text" in one
        )
        assert len(text) <= 13_000


def test_the_limits_would_be_found() -> None:
    right = message_of(Card("title", lines=("line",)))
    assert fault_of(right, tables=TABLES) == ""
    assert fault_of({**right, "text": ""}, tables=TABLES) == "no_text"
    assert fault_of({**right, "blocks": right["blocks"] * 30}, tables=TABLES) == "invalid_blocks"
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    assert fault_of({**right, "blocks": [long]}, tables=TABLES) == "invalid_blocks"
    table = message_of(Card("t", table=Table("c", ("a",), (("b",),))))
    assert fault_of(table, tables=()) == "invalid_blocks"


def test_what_participants_write_calls_nobody_and_links_nowhere() -> None:
    message = message_of(Card("t", lines=("<!channel> <@U1> <http://a|b> & more",)))
    assert "<!channel>" not in json.dumps(message["blocks"])
    assert escaped("<!here>") == "&lt;!here&gt;"


def test_a_card_is_kept_as_json_and_read_again() -> None:
    from dataclasses import asdict

    for card in cards("pt"):
        assert from_dict(json.loads(json.dumps(asdict(card)))) == card
        assert card.title in as_text(card)


def test_values_of_a_resource_are_in_no_card() -> None:
    canary = "CANARY-76543210"
    finding = {**a_run()["tests"][0]["findings"][0], "text": canary, "fix": canary, "expected": canary, "found": canary,
               "where": f"http://a.test/Patient?identifier={canary}", "public_text": "…", "public_fix": "…"}  # fmt: skip
    test = {**a_run()["tests"][0], "findings": [finding]}
    run = a_run(tests=[test], inputs={"identifier": canary}, base=f"http://{canary}")
    for language in LANGUAGES:
        for card in (
            run_card(run, "b", language),
            details(run, language),
            explanation(run, test["number"], language),
        ):
            assert canary not in json.dumps(message_of(card))


@pytest.mark.parametrize(
    "failed", [(), ({"id": "a.b", "number": "VHI-15", "title": "Signed", "text": "x"},)]
)
def test_what_the_bench_has_failed_is_named_and_not_offered_to_be_verified(failed: Any) -> None:
    instance = an_instance(state="started")
    instance["open_roles"] = []
    instance["bench"] = [{**result, "failed": list(failed)} for result in instance["bench"]]
    assert instance["bench"]
    card = instance_card(instance, "http://a.test", "en")
    assert ("ask" in [button.verb for button in card.buttons]) is not bool(failed)
    assert any("VHI-15 · Signed" in line for line in card.lines) is bool(failed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_newest_attempt_is_told_before_what_an_earlier_one_has_failed(
    language: Language,
) -> None:
    failed = {"id": "a.b", "number": "BAS-01", "title": "Says", "text": "x"}
    newest = {"last_run": "r2", "last_state": "done", "last_verdict": "inconclusive"}
    result = {"role": "r", "track": "fhir.basics", "verdict": "fail", "failed": [failed], **newest}
    instance = an_instance(bench=[result])
    lines = instance_card(instance, "http://a.test", language).lines[-2:]
    assert say("verdict.inconclusive", language) in lines[0]
    assert lines[1] == "✗ BAS-01 · Says"
    under_way = {**result, "last_state": "running", "last_verdict": None}
    told = instance_card(an_instance(bench=[under_way]), "http://a.test", language).lines
    assert say("verdict.inconclusive", language) not in told[-2]
