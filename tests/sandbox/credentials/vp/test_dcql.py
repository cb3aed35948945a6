"""DCQL: what is no query is refused, values are compared by type, and no more leaves than was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.credentials.report import Report
from sandbox.credentials.sdjwt.presenting import read_sdjwt
from sandbox.credentials.vp.dcql import check_query, judge_answer, places_of
from sandbox.credentials.wallet.answering import Held, shares_of
from sandbox.credentials.wallet.requests import Asking
from sandbox.errors import BadRequest
from tests.sandbox.credentials.making import CLAIMS, HOLDER, sdjwt
from tests.wallets.queries import WRONG, with_item

TEXT = sdjwt()
HELD = Held("a", TEXT, read_sdjwt(TEXT).opened().claims, HOLDER)


def nations(step: int | None, **more: Any) -> dict[str, Any]:
    item = {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [CLAIMS["vct"]]}}
    return {"credentials": [{**item, "claims": [{"path": ["nationality", step], **more}]}]}


def shown_for(query: dict[str, Any]) -> str:
    (share,) = shares_of(Asking({"dcql_query": query}, ""), [HELD])
    return share.shown


def judged(query: dict[str, Any], shown: str) -> set[str]:
    claims = read_sdjwt(shown).opened().claims
    report = Report(shown, form="dc+sd-jwt", claims=claims)
    return {finding.key for finding in judge_answer(query, {"a": [report]})}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_query_is_refused(name: str) -> None:
    check_query(with_item())
    with pytest.raises(BadRequest) as refused:
        check_query(WRONG[name])
    assert refused.value.key == "credentials.bad_query"


def test_true_is_no_number() -> None:
    claims = {"adult": True, "doses": 1}
    assert places_of(claims, {"path": ["adult"], "values": [True]}) == [("adult",)]
    assert places_of(claims, {"path": ["adult"], "values": [1]}) == []
    assert places_of(claims, {"path": ["doses"], "values": [True]}) == []


def test_of_a_list_leaves_what_has_one_of_the_values_alone() -> None:
    query = nations(None, values=["PA", "PE"])
    shown = shown_for(query)
    assert read_sdjwt(shown).opened().claims["nationality"] == ["PA"]
    assert judged(query, shown) == set()
    assert judged(nations(None, values=["CL"]), shown) == {"credentials.claim_not_shown"}


def test_a_place_in_a_list_is_found_where_what_stands_before_it_is_held_back() -> None:
    query = nations(1)
    shown = shown_for(query)
    assert read_sdjwt(shown).opened().claims["nationality"] == ["PA"]
    assert judged(query, shown) == set()
    nothing = shown_for(nations(None, values=["CL"])).split("~")[0] + "~"
    assert judged(query, nothing) == {"credentials.claim_not_shown"}
