"""What the track vci.issuer asks rightly at the credential endpoint and at that of notifications,
and how all of the track asks and tells (OpenID4VCI 1.0 8, 11).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, member, write_json
from sandbox.findings import Finding, Severity
from sandbox.testbench.script import Given, Request, Script, answer_text, nothing_there

if TYPE_CHECKING:  # what reads credentials is imported where it is needed: it takes its time
    from sandbox.testbench.issuer_ground import Desk

SPEC = "OpenID4VCI 1.0"
UNHEARD = {"unheard_of": {"of": "nobody"}}
NONE = "-"  # of a credential about which nothing is to be told
Attempt = Callable[["Desk"], Generator[Request, Exchange, Exchange]]


def gives_credential(given: Given) -> Script:
    """A right request brings a credential that is bound to the wallet's key (VCI-I10)."""
    from sandbox.testbench.binding import is_bound
    from sandbox.testbench.credential_ground import moment_of
    from sandbox.testbench.issuer_ground import desk_of, error_of, issued_in, key_for

    desk = desk_of(given)
    answer = yield from right(given)(desk)
    issued = issued_in(answer)
    if answer.status == 202 and member(answer.json, "transaction_id"):
        yield told("later", "information", "transaction_id", "8.3")
        yield nothing_there()
        return {}
    if answer.status != 200 or not issued:
        is_draft = answer.status == 200 and "credential" in (answer.json or {})
        reason = "bare_credential" if is_draft else "no_credential"
        found = said(answer) if error_of(answer) or not is_draft else "credential"
        yield told(reason, "error", "credentials", "8.3", found=found)
        return {}
    if needs_proof(desk) and not is_bound(issued[0], key_for(desk, given, "holder")):
        yield told("not_bound", "error", "credentials[0]", "8.2, 8.3", found=issued[0][:60])
    notification = member(answer.json, "notification_id")
    id = notification if isinstance(notification, str) and notification else NONE
    at = moment_of(given, answer).isoformat()
    return {"issued": issued[0], "issued_at": at, "notification": id}


def two_keys(given: Given) -> Script:
    """Two keys bring two credentials at most, each bound to its own (VCI-I11)."""
    from sandbox.testbench.binding import is_bound
    from sandbox.testbench.issuer_ground import (
        body_for,
        credential_request,
        desk_of,
        issued_in,
        key_for,
        proof_for,
        proving,
    )

    size = member(member(desk_of(given).metadata, "batch_credential_issuance"), "batch_size")
    if not isinstance(size, int) or size < 2 or not needs_proof(desk_of(given)):
        yield nothing_there()
        return

    def attempt(desk: Desk) -> Generator[Request, Exchange, Exchange]:
        nonce = yield from nonce_at(desk)
        words = ("holder", "second")
        proofs = [proof_for(desk, given, proving(desk, given, nonce, word=word)) for word in words]
        return (yield credential_request(desk, body_for(desk, proofs)))

    answer = yield from at_desk(given, 4, attempt)
    if answer is None:
        yield one_more(5)
        return
    issued = issued_in(answer)
    if answer.status != 200 or not issued:
        yield told("no_credential", "error", "credentials", "8.3", found=said(answer))
        return
    keys = [key_for(desk_of(given), given, word) for word in ("holder", "second")]
    bound = [[is_bound(text, key) for key in keys].count(True) for text in issued]
    whose = {place for text in issued for place, key in enumerate(keys) if is_bound(text, key)}
    if len(issued) > 2:
        yield told("too_many", "error", "credentials", "8.3", expected="2", found=str(len(issued)))
    elif bound != [1] * len(issued) or len(whose) != len(issued):
        yield told("keys_mixed", "error", "credentials", "8.3", found=str(len(whose)))


def unheard_members(given: Given) -> Script:
    """Members that the issuer does not know are ignored (VCI-I18)."""
    from sandbox.testbench.issuer_ground import issued_in

    answer = yield from at_desk(given, 16, right(given, body=UNHEARD, more=UNHEARD))
    if answer is None:
        yield one_more(17)
    elif answer.status != 200 or not issued_in(answer):
        yield told("unheard_refused", "error", "unheard_of", "8.2", found=said(answer))


def notified(given: Given) -> Script:
    """What became of a credential may be told twice (VCI-I19a)."""
    if given["notification"] == NONE:
        yield nothing_there()
        return
    for _ in range(2):
        answer = yield _notification(given, "credential_accepted", given["notification"])
        if not 200 <= answer.status < 300:
            yield told(
                "not_noted", "error", "notification_id", "11.2", expected="204", found=said(answer)
            )
            return
        if answer.status != 204:
            found = str(answer.status)
            yield told(
                "other_2xx", "warning", "notification_id", "11.2", expected="204", found=found
            )
            return


def bad_notification(given: Given, *, event: str, id: str, error: str) -> Script:
    """A notification that says nothing is refused (VCI-I19b, c)."""
    if given["notification"] == NONE:
        yield nothing_there()
        return
    answer = yield _notification(given, event, id or given["notification"])
    yield from refused(answer, error, "11.3")


def right(
    given: Given, *, body: Mapping[str, Any] | None = None, more: Mapping[str, Any] | None = None
) -> Attempt:
    """Returns what asks rightly for a credential.

    Args:
        given: From which the key follows.
        body: More members of the object.
        more: More claims of the proof.
    """
    from sandbox.testbench.issuer_ground import body_for, credential_request

    def attempt(desk: Desk) -> Generator[Request, Exchange, Exchange]:
        nonce = yield from nonce_at(desk)
        proofs = proofs_at(desk, given, nonce, more=dict(more or {}))
        return (yield credential_request(desk, body_for(desk, proofs, body)))

    return attempt


def nonce_at(desk: Desk) -> Generator[Request, Exchange, str]:
    """Returns a new nonce.

    Args:
        desk: With its endpoint; without one, the nonce of the token or none.
    """
    from sandbox.testbench.issuer_ground import nonce_request

    if not desk.endpoint("nonce_endpoint"):
        return desk.nonce
    answer = yield nonce_request(desk)
    nonce = member(answer.json, "c_nonce")
    return nonce if isinstance(nonce, str) else ""


def at_desk(
    given: Given, spare: int, attempt: Attempt
) -> Generator[Request, Exchange, Exchange | None]:
    """Returns what an attempt comes to; again with another offer where the token is over.

    Args:
        given: Has the session.
        spare: The place of the offer that is used then.
        attempt: Asks.

    Returns:
        The answer; None where the token is over and there is no such offer.
    """
    from sandbox.testbench.issuer_ground import desk_of, error_of, token_request

    desk = desk_of(given)
    answer = yield from attempt(desk)
    if answer.status != 401 or error_of(answer) not in ("", "invalid_token"):
        return answer
    if len(desk.tickets) <= spare:
        return None
    got = yield token_request(desk, desk.tickets[spare], client=given.get("client_id", ""))
    token = member(got.json, "access_token")
    if not isinstance(token, str):
        return None
    return (yield from attempt(replace(desk, token=token)))


def refused(
    answer: Exchange,
    error: str,
    clause: str,
    *,
    severity: Severity = "error",
    also: Sequence[str] = (),
) -> Iterator[Finding]:
    """Yields how a refusal differs from the one that names the fault.

    Args:
        answer: To the wrong request.
        error: The code that names its fault.
        clause: Which says so.
        severity: What it means where the request is taken.
        also: Codes that name the fault less well.
    """
    from sandbox.testbench.issuer_ground import error_of

    code = error_of(answer)
    if 200 <= answer.status < 300:
        yield told("taken", severity, "error", clause, expected=error, found=str(answer.status))
    elif answer.status >= 500:
        yield told("broke", "error", "error", clause, expected=error, found=said(answer))
    elif code not in (error, *also):
        yield told("other_error", "error", "error", clause, expected=error, found=said(answer))
    elif code != error:
        yield told("other_error", "warning", "error", clause, expected=error, found=said(answer))
    elif answer.status not in (400, 401):
        yield told("other_status", "warning", "error", clause, expected="400", found=said(answer))


def needs_proof(desk: Desk) -> bool:
    """Tells whether the issuer binds credentials to a key (OpenID4VCI 1.0 12.2.4)."""
    return "proof_types_supported" in desk.described(desk.configuration)


def proofs_at(desk: Desk, given: Given, nonce: str, **changes: Any) -> list[str] | None:
    """Returns the right proof in its list; None where the issuer asks for none."""
    from sandbox.testbench.issuer_ground import proof_for, proving

    if not needs_proof(desk):
        return None
    return [proof_for(desk, given, proving(desk, given, nonce, **changes))]


def said(answer: Exchange) -> str:
    """Returns what an issuer answered, in few words.

    Args:
        answer: Whose status, code and description are said.
    """
    parts = [member(answer.json, name) for name in ("error", "error_description")]
    words = " ".join(str(part) for part in parts if part)
    return f"{answer.status} {words}".strip()[:200] if words else answer_text(answer)


def told(
    word: str,
    severity: Severity,
    where: str,
    clause: str,
    *,
    expected: str = "",
    found: str = "",
) -> Finding:
    """Returns a finding of this track.

    Args:
        word: The last part of its key.
        severity: What it means.
        where: The place, as people look for it.
        clause: Of the standard, or of an RFC with its number.
        expected: What should be there.
        found: What is.
    """
    key = f"vci_issuer.{word}"
    full = clause if clause.startswith("RFC") else f"{SPEC} {clause}"
    params = {"place": where}
    return Finding(
        key, severity, key, params, where=where, clause=full, expected=expected, found=found
    )


def one_more(count: int, name: str = "one_more_offer") -> Finding:
    """Returns what a test tells that has no fresh offer; it counts as skipped.

    Args:
        count: How many offers there must be.
        name: Of the sentence.
    """
    key = f"testbench.{name}"
    return Finding(key, "information", key, {"count": count}, where="offers")


def _notification(given: Given, event: str, id: str) -> Request:
    from sandbox.testbench.issuer_ground import JSON_TYPE, desk_of

    desk = desk_of(given)
    headers = {**JSON_TYPE, "Authorization": f"Bearer {desk.token}"}
    body: Json = {"notification_id": id, "event": event}
    return Request("POST", desk.endpoint("notification_endpoint"), headers, write_json(body))
