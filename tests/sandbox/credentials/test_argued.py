"""Inputs whose verdict was argued by clause before they were tried, each refused in the step that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.credentials.did.resolving import RELATIONS, resolve
from sandbox.credentials.report import Known, Report
from sandbox.credentials.vci.proofs import read_proof
from sandbox.credentials.vci.refusals import OAuthRefusal
from sandbox.credentials.vp.dcql import check_query
from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.credentials.wallet.kept import new_key
from sandbox.credentials.wallet.offers import read_offer
from sandbox.credentials.wallet.receiving import visit
from sandbox.credentials.wallet.requests import read_request
from sandbox.errors import BadRequest
from tests.sandbox.credentials.argued_credentials import DIDS, TABLES, told
from tests.sandbox.credentials.argued_wallets import (
    AT_ISSUER,
    ISSUERS,
    OFFERS,
    PLACE,
    PROOFS,
    QUERIES,
    REQUESTS,
    answering,
    offer,
)
from tests.sandbox.credentials.argued_wallets import link as of_offer
from tests.sandbox.credentials.making import AT

ROWS = [(table, name) for table, rows in TABLES.items() for name in rows]


@pytest.mark.parametrize(("table", "name"), ROWS)
def test_a_credential_is_what_its_clause_makes_of_it(table: str, name: str) -> None:
    made, expected = TABLES[table][name]
    assert told(table, made()) == expected


@pytest.mark.parametrize("name", DIDS)
def test_a_did_comes_to_what_its_clause_makes_of_it(name: str) -> None:
    did, expected = DIDS[name]
    resolution = resolve(did, {})
    document = resolution.document
    if document is None:
        assert (resolution.wanted or resolution.error) == expected
        return
    assert {each for each in RELATIONS if document.get(each)} == set(expected.split())


def key_of(work: Callable[[], Any]) -> tuple[Any, str]:
    """What comes of something, or the sentence by which it is refused."""
    try:
        return work(), ""
    except BadRequest as error:
        return None, error.key


@pytest.mark.parametrize("name", OFFERS)
def test_an_offer_is_what_its_clause_makes_of_it(name: str) -> None:
    link, expected = OFFERS[name]
    read, error = key_of(lambda: read_offer(link, answering({PLACE: offer()})))
    if read is None:
        assert error == expected
        return
    ways = "browser" if read.is_by_browser else "code"
    assert (f"{ways} and PIN" if read.pin is not None else ways) == expected


@pytest.mark.parametrize("name", ISSUERS)
def test_a_code_is_redeemed_where_its_clause_says(name: str) -> None:
    places, expected = ISSUERS[name]
    send, calls = answering(places), []

    def sending(call: Call) -> Reply:
        calls.append(call)
        return send(call)

    def go() -> None:
        made = read_offer(of_offer(offer()), sending)
        visit(made, new_key(), pin="", send=sending, judge=judge, at=AT)

    _, error = key_of(go)
    posted = [call.address for call in calls if call.method == "POST"]
    assert (posted[0] if posted else error) == expected


def judge(text: str) -> Report:
    raise AssertionError(text)


@pytest.mark.parametrize("name", PROOFS)
def test_a_proof_is_what_its_clause_makes_of_it(name: str) -> None:
    made, is_taken = PROOFS[name]
    if is_taken:
        assert read_proof(made(), issuer=AT_ISSUER, at=AT).nonce == "n"
        return
    with pytest.raises(OAuthRefusal) as refusal:
        read_proof(made(), issuer=AT_ISSUER, at=AT)
    assert refusal.value.error == "invalid_proof"


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_what_its_clause_makes_of_it(name: str) -> None:
    query, is_one = QUERIES[name]
    assert key_of(lambda: check_query(query))[1] == ("" if is_one else "credentials.bad_query")


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_what_its_clause_makes_of_it(name: str) -> None:
    made, expected = REQUESTS[name]
    link, places = made()
    send = answering(places)
    read, error = key_of(lambda: read_request(link, Known(), send, at=AT, sends_errors=True))
    assert ("asks" if read else error) == expected
