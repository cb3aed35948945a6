"""DCQL by others: of queries by chance, the dcql library says what our wallet and our verifier say."""

from __future__ import annotations

import copy
import json
import random
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.credentials.report import Report
from sandbox.credentials.sdjwt.presenting import read_sdjwt
from sandbox.credentials.vp.dcql import check_query, judge_answer
from sandbox.credentials.wallet.answering import Held, Share, choices_of, shares_of
from sandbox.credentials.wallet.requests import Asking
from sandbox.credentials.words import leaves_of
from sandbox.errors import BadRequest
from tests.conftest import WALLETS
from tests.wallets.queries import (
    LINKED,
    WRONG,
    Json,
    as_dcql,
    query_of,
    read_by_dcql,
    wallet_of,
    with_item,
)

pytestmark = [pytest.mark.needs("wallets"), pytest.mark.slow]
SCRIPT = Path(__file__).with_name("dcql.mjs")
QUERIES = 50
WALLET = wallet_of(random.Random("wallet 25"))
ASKED = [query_of(random.Random(f"query {number} 25")) for number in range(QUERIES)]


@cache
def told() -> Json:
    """What the library says of all queries, of those that are wrong, and of all answers."""
    answers = [{"query": query, "shown": shown} for query, shown, _ in every_answer()]
    queries = [*ASKED, *WRONG.values()]
    given = {"wallet": [as_dcql(held) for held in WALLET], "queries": queries, "answers": answers}
    command = ["node", str(SCRIPT), str(WALLETS / "node_modules")]
    said = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, timeout=120, check=False
    )
    assert said.returncode == 0, said.stderr[-3000:]
    return dict(json.loads(said.stdout))


def shares(query: Json) -> list[Share]:
    """Returns what our wallet would show; nothing where nothing answers."""
    try:
        return shares_of(Asking({"dcql_query": query}, ""), WALLET)
    except BadRequest:
        return []


def every_answer() -> Iterator[tuple[Json, Json, dict[str, list[Report]]]]:
    """Yields answers of our wallet, and what becomes of them by a fault: queries, what the library
    takes, and what our verifier takes.
    """
    for number, query in enumerate(ASKED):
        right = {share.query: [share] for share in shares(query)}
        if not right:
            continue
        yield as_taken(query, right)
        chance = random.Random(f"answer {number} 25")
        id = chance.choice(sorted(right))
        others = [held for held in WALLET if held.id != right[id][0].held.id]
        other = chance.choice(others)
        yield as_taken(query, {**right, id: [whole(id, other)]})
        yield as_taken(query, {**right, id: [*right[id], *right[id]]})
        yield as_taken(query, {name: each for name, each in right.items() if name != id})
        yield as_taken(query, {**right, "unasked": right[id]})


def whole(query: str, held: Held) -> Share:
    return Share(query, held, held.text, (), (), ())


def as_taken(
    query: Json, shown: dict[str, list[Share]]
) -> tuple[Json, Json, dict[str, list[Report]]]:
    by_library: Json = {}
    by_us: dict[str, list[Report]] = {}
    for id, each in shown.items():
        claims = [claims_of(share) for share in each]
        by_library[id] = [
            {
                "credential_format": share.held.form,
                "cryptographic_holder_binding": True,
                **read_by_dcql(said),
            }
            for share, said in zip(each, claims, strict=True)
        ]
        by_us[id] = [
            Report(share.shown, form=share.held.form, claims=said)
            for share, said in zip(each, claims, strict=True)
        ]
    return query, by_library, by_us


def claims_of(share: Share) -> Json:
    if share.is_whole:
        return share.held.claims
    return read_sdjwt(share.shown).opened().claims


def leaves(value: Any) -> list[str]:
    """Returns the claims in a value, in which order they may stand; null is a gap in a list."""
    found = [
        (tuple("*" if isinstance(step, int) else step for step in path), leaf)
        for path, leaf in leaves_of(value)
        if leaf is not None and path
    ]
    return sorted(json.dumps(each) for each in found)


@pytest.mark.parametrize("number", range(QUERIES))
def test_the_same_credentials_answer_with_the_same_claims(number: int) -> None:
    query = ASKED[number]
    check_query(query)
    seen = told()["asked"][number]
    assert "refused" not in seen
    for item in query["credentials"]:
        alone = Asking({"dcql_query": {"credentials": [item]}}, "")
        try:
            (ours,) = choices_of(alone, WALLET)
        except BadRequest:
            ours = []
        theirs = seen["fits"][item["id"]]
        assert [share.held.id for share in ours] == [str(place) for place, _ in theirs]
        for share, (_, output) in zip(ours, theirs, strict=True):
            if not share.is_whole:
                left = [path for path, _ in share.leaves if path not in share.always]
                said = [
                    (tuple("*" if isinstance(step, int) else step for step in path), value)
                    for path, value in share.leaves
                    if path in left
                ]
                assert sorted(json.dumps(each) for each in said) == leaves(output), item


@pytest.mark.parametrize("number", range(QUERIES))
def test_the_same_sets_are_satisfied(number: int) -> None:
    query = ASKED[number]
    seen = told()["asked"][number]
    answered = {share.query for share in shares(query)}
    required = [each["options"] for each in seen.get("sets", ()) if each["required"]]
    if "credential_sets" not in query:
        wanted = {item["id"] for item in query["credentials"]} if seen["satisfied"] else set()
    else:
        wanted = {id for options in required for id in options[0]} if seen["satisfied"] else set()
    assert answered == wanted


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_query_is_refused_by_both(name: str) -> None:
    check_query(with_item())
    check_query({"credentials": [copy.deepcopy(LINKED)]})
    seen = told()["asked"][QUERIES + list(WRONG).index(name)]
    assert "refused" in seen
    with pytest.raises(BadRequest) as refused:
        check_query(WRONG[name])
    assert refused.value.key == "credentials.bad_query"


def test_the_same_answers_are_what_was_asked_for() -> None:
    ours = [not judge_answer(query, shown) for query, _, shown in every_answer()]
    theirs = told()["judged"]
    different = [
        (query, shown)
        for (query, shown, _), one, other in zip(every_answer(), ours, theirs, strict=True)
        if one != other
    ]
    assert not different, different[:2]
    assert 20 < sum(ours) < len(ours) - 20
