"""Issuer of credentials (OpenID for Verifiable Credential Issuance 1.0, pre-authorised code): the
bench is the wallet.

Input: `offers`, one offer a line, its PIN behind a blank.  A code serves once: the first offer
brings the token of nearly all tests, those of the PIN take further ones, and say where they have
none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import as_list, member, write_json
from sandbox.findings import Finding
from sandbox.testbench.script import Given, Script, Test, Track, nothing_there
from sandbox.testbench.tracks import vci_issuer_credentials as credentials
from sandbox.testbench.tracks import vci_issuer_metadata as described
from sandbox.testbench.tracks import vci_issuer_refusals as refusals
from sandbox.testbench.tracks.vc_content import issued
from sandbox.testbench.tracks.vci_issuer_credentials import one_more, refused, said, told

if TYPE_CHECKING:  # what reads credentials is imported where it is needed: it takes its time
    from sandbox.testbench.issuer_ground import Desk, Ticket

SPEC = "OpenID4VCI 1.0"
SHORTEST_NONCE = 16
SPARES = slice(1, 4)
"""The offers that the tests of the PIN take."""


def gives_token(given: Given) -> Script:
    """A code with its PIN brings an access token that nobody keeps (VCI-I06)."""
    from sandbox.testbench.issuer_ground import error_of, token_request

    desk = _desk(given)
    answer = yield token_request(desk, desk.tickets[0], client=given.get("client_id", ""))
    token = member(answer.json, "access_token")
    if error_of(answer) == "invalid_client" and _may_want_client(desk, given):
        words = {"name": "client_id"}
        yield Finding("testbench.missing_input", "information", "testbench.missing_input", words)
        return {}
    if answer.status != 200 or not isinstance(token, str) or not token:
        yield told("no_token", "error", "access_token", "6.2", found=said(answer))
        return {}
    if str(member(answer.json, "token_type")).lower() != "bearer":
        found = str(member(answer.json, "token_type"))[:40]
        yield told("other_type", "error", "token_type", "6.2, RFC 6749 5.1", found=found)
    life = member(answer.json, "expires_in")
    if life is not None and (isinstance(life, bool) or not isinstance(life, int | float)):
        clause = "6.2, RFC 6749 5.1"
        yield told("other_life", "error", "expires_in", clause, found=str(life)[:40])
    if not _is_kept_by_nobody(answer):
        yield told("kept", "error", "Cache-Control", "6.2, RFC 6749 5.1", found=_cached(answer))
    nonce = member(answer.json, "c_nonce")
    if nonce is not None:
        yield told("draft", "warning", "c_nonce", "6.2", found="c_nonce")
    ids: dict[str, str] = {}
    for detail in as_list(member(answer.json, "authorization_details")):
        given_out = as_list(member(detail, "credential_identifiers"))
        if given_out and isinstance(given_out[0], str):
            ids[str(member(detail, "credential_configuration_id"))] = given_out[0]
    return {"session": write_json({"token": token, "ids": ids, "nonce": nonce or ""}).decode()}


def gives_nonces(given: Given) -> Script:
    """Whoever asks for a nonce gets a new one, which nobody keeps or guesses (VCI-I09)."""
    from sandbox.testbench.issuer_ground import nonce_request

    desk = _desk(given)
    if not desk.endpoint("nonce_endpoint"):
        yield nothing_there()
        return
    met: list[str] = []
    for _ in range(2):
        answer = yield nonce_request(desk)
        nonce = member(answer.json, "c_nonce")
        if answer.status != 200 or not isinstance(nonce, str) or not nonce:
            yield told("no_nonce", "error", "c_nonce", "7.2", found=said(answer))
            return
        if not met and not _is_kept_by_nobody(answer):
            yield told("kept", "error", "Cache-Control", "7.2", found=_cached(answer))
        met.append(nonce)
    if met[0] == met[1]:
        yield told("same_nonce", "error", "c_nonce", "7, 13.6.1", found=met[0][:40])
    elif len(met[0]) < SHORTEST_NONCE:
        expected = str(SHORTEST_NONCE)
        yield told("short_nonce", "warning", "c_nonce", "7", expected=expected, found=met[0])


def code_once(given: Given) -> Script:
    """A code serves once (VCI-I07)."""
    from sandbox.testbench.issuer_ground import token_request

    desk = _desk(given)
    answer = yield token_request(desk, desk.tickets[0], client=given.get("client_id", ""))
    yield from refused(answer, "invalid_grant", "13.6.1, 6.3")


def pin_missing(given: Given) -> Script:
    """Without the PIN no token is given (VCI-I08a)."""
    from sandbox.testbench.issuer_ground import token_request

    desk = _desk(given)
    spare = _spares(desk, has_pin=True)
    if not spare:
        yield one_more(2, "one_more_offer_with_pin")
        return
    client = given.get("client_id", "")
    answer = yield token_request(desk, spare[0], client=client, tx_code=None)
    yield from refused(answer, "invalid_request", "6.3")


def pin_wrong(given: Given) -> Script:
    """A wrong PIN is refused, for the PIN (VCI-I08b)."""
    from sandbox.testbench.issuer_ground import token_request

    desk = _desk(given)
    spare = _spares(desk, has_pin=True)
    if not spare:
        yield one_more(2, "one_more_offer_with_pin")
        return
    client = given.get("client_id", "")
    # one that nobody has asked with yet, where there is one
    ticket = spare[min(1, len(spare) - 1)]
    answer = yield token_request(desk, ticket, client=client, tx_code=_other(ticket.pin))
    yield from refused(answer, "invalid_grant", "6.3")
    right = yield token_request(desk, ticket, client=client)
    if answer.status >= 400 and right.status != 200:
        # of a code that was spent before, the refusal says nothing about the PIN
        is_fresh = len(spare) > 1
        yield told("code_spent", "information", "tx_code", "6.3", found=said(right))
        if not is_fresh:
            yield one_more(3, "one_more_offer_with_pin")


def pin_unexpected(given: Given) -> Script:
    """A PIN that nobody asked for is refused (VCI-I08c)."""
    from sandbox.testbench.issuer_ground import token_request

    desk = _desk(given)
    spare = _spares(desk, has_pin=False)
    if not spare:
        yield one_more(2, "one_more_offer_without_pin")
        return
    client = given.get("client_id", "")
    answer = yield token_request(desk, spare[0], client=client, tx_code="493536")
    yield from refused(answer, "invalid_request", "6.3")


def _desk(given: Given) -> Desk:
    from sandbox.testbench.issuer_ground import desk_of

    return desk_of(given)


def _may_want_client(desk: Desk, given: Given) -> bool:
    """Tells whether a server may ask for a client that was not given (OpenID4VCI 1.0 6.1, 12.3)."""
    is_open = desk.server.get("pre-authorized_grant_anonymous_access_supported") is True
    return not is_open and not given.get("client_id")


def _spares(desk: Desk, *, has_pin: bool) -> list[Ticket]:
    return [ticket for ticket in desk.tickets[SPARES] if ticket.wants_pin == has_pin]


def _other(pin: str) -> str:
    """Returns a PIN of the same look that is another one."""
    last = pin[-1:] or "0"
    return pin[:-1] + ("1" if last != "1" else "2")


def _is_kept_by_nobody(answer: Exchange) -> bool:
    return "no-store" in answer.header("cache-control").lower()


def _cached(answer: Exchange) -> str:
    return answer.header("cache-control") or "–"


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    *,
    after: Mapping[str, str],
    needs: tuple[str, ...] = (),
) -> Test:
    words = name or getattr(script, "__name__", "")
    text = clause if clause.startswith("RFC") else f"{SPEC} {clause}"
    return Test(f"vci.issuer.{words}", number, text, script, "11", needs, after, ("client_id",))


def _refusal(number: str, *, after: Mapping[str, str]) -> Test:
    """Returns the test of a wrong request."""
    name, case = refusals.CASES[number]
    return _test(number, partial(refusals.wrong, case=case), case.clause, name, after=after)


def _told_of_nothing(number: str, name: str, **how: Any) -> Test:
    """Returns the test of a notification that says nothing."""
    script = partial(credentials.bad_notification, **how)
    return _test(number, script, "11.3", name, after={**_ISSUED, "notification": "VCI-I10"})


_OFFERED = {"tickets": "VCI-I05"}
_FOUND = {**_OFFERED, "metadata": "VCI-I01"}
_SERVED = {**_FOUND, "server": "VCI-I03"}
_PAID = {**_SERVED, "session": "VCI-I06"}
_IN = {**_PAID, "configuration": "VCI-I04"}
_ISSUED = {**_IN, "issued": "VCI-I10"}
_BARE = partial(partial, refusals.without_token)
# What is tried with a code that was used stands last: an issuer may take its token back for that.
TESTS = (
    _test("VCI-I05", described.offers_read, "4.1", needs=("offers",), after={}),
    _test("VCI-I01", described.has_metadata, "12.2.2", after=_OFFERED),
    _test("VCI-I02", described.same_issuer, "12.2.4", after=_FOUND),
    _test("VCI-I03", described.has_server, "12.3", after=_FOUND),
    _test("VCI-I04", described.configurations, "12.2.4, A", after=_FOUND),
    _test("VCI-I06", gives_token, "6.2", after=_SERVED),
    _test("VCI-I09", gives_nonces, "7", after=_FOUND),
    _test("VCI-I10", credentials.gives_credential, "8.3", after=_IN),
    _test("VCI-I20", issued, "8.3", "issued_right", after=_ISSUED),
    _test("VCI-I11", credentials.two_keys, "8.3", after=_ISSUED),
    *(_refusal(number, after=_ISSUED) for number in refusals.CASES if number < "VCI-I14b"),
    _test("VCI-I14b", refusals.nonce_twice, "8.3.1.2, 13.6.1", after=_ISSUED),
    *(_refusal(number, after=_ISSUED) for number in refusals.CASES if number > "VCI-I14b"),
    _test("VCI-I17a", _BARE(kind="none"), "8, RFC 6750 3", "no_token", after=_ISSUED),
    _test("VCI-I17b", _BARE(kind="foreign"), "8, RFC 6750 3.1", "foreign_token", after=_ISSUED),
    _test("VCI-I17c", _BARE(kind="query"), "8, RFC 6750 2.3", "token_in_address", after=_ISSUED),
    _test("VCI-I18", credentials.unheard_members, "8.2", after=_ISSUED),
    _test("VCI-I19a", credentials.notified, "11", after={**_ISSUED, "notification": "VCI-I10"}),
    _told_of_nothing(
        "VCI-I19b", "unheard_event", event="unheard_of", id="", error="invalid_notification_request"
    ),
    _told_of_nothing(
        "VCI-I19c",
        "unknown_notification",
        event="credential_accepted",
        id="unheard-of",
        error="invalid_notification_id",
    ),
    _test("VCI-I08a", pin_missing, "6.3", after=_PAID),
    _test("VCI-I08b", pin_wrong, "6.3", after=_PAID),
    _test("VCI-I08c", pin_unexpected, "6.3", after=_PAID),
    _test("VCI-I07", code_once, "13.6.1", after=_PAID),
)
TRACK = Track(
    "vci.issuer",
    "vci_issuer",
    TESTS,
    actor="content-creator",
)
