"""What the track vci.issuer reads before it asks for anything: offers, the metadata of an issuer,
and those of its authorization server (OpenID4VCI 1.0 4.1, 12).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Finding, Severity
from sandbox.redact import REDACTED
from sandbox.testbench.offer_lines import Line, lines_of
from sandbox.testbench.reading import resource_in
from sandbox.testbench.script import Given, Request, Script, answer_text, nothing_there
from sandbox.testbench.tracks.vci_issuer_credentials import told

if TYPE_CHECKING:  # what reads credentials is imported where it is needed: it takes its time
    from sandbox.testbench.issuer_ground import Desk, Ticket

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
MOST = 40  # findings of one test that are told
LONGEST_DESCRIPTION = 300
MODES = ("numeric", "text")
# What a configuration must say beside its format (OpenID4VCI 1.0 A).
MEMBERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "dc+sd-jwt": (("vct",),),
    "ldp_vc": (("credential_definition", "@context"), ("credential_definition", "type")),
    "jwt_vc_json": (("credential_definition", "type"),),
    "jwt_vc_json-ld": (("credential_definition", "@context"), ("credential_definition", "type")),
    "mso_mdoc": (("doctype",),),
}


# What tells metadata from another program at the same path: one of these they have.
MARKS: Mapping[str, frozenset[str]] = {
    "openid-credential-issuer": frozenset({
        "credential_issuer", "credential_endpoint", "credential_configurations_supported",
        "credentials_supported",
    }),
    "oauth-authorization-server": frozenset({"issuer", "token_endpoint", "authorization_endpoint"}),
}  # fmt: skip


def offers_read(given: Given) -> Script:
    """Every offer can be read, by value or by reference (VCI-I05)."""
    from sandbox.testbench.issuer_ground import ticket_of, written_tickets

    # evidence of before November 2026 says nothing of what was offered
    if given["offers"] == REDACTED:
        words = {"name": "offers"}
        yield Finding("testbench.missing_input", "information", "testbench.missing_input", words)
        return {}
    tickets: list[Ticket] = []
    for number, line in enumerate(lines_of(given["offers"]), start=1):
        offer = yield from _offer(line, number)
        if offer is None:
            continue
        yield from _of_offer(offer, number)
        ticket = ticket_of(offer, line.pin)
        if ticket is None:
            yield told("no_grant", "information", f"offers {number}", "4.1.1")
        elif ticket.wants_pin and not line.pin:
            yield told("no_pin_given", "information", f"offers {number}", "4.1.1")
        else:
            tickets.append(ticket)
    if not tickets:
        yield nothing_there()
        return {}
    same = [ticket for ticket in tickets if ticket.issuer == tickets[0].issuer]
    return {"tickets": written_tickets(same)}


def _offer(line: Line, number: int) -> Script:
    """Returns the object that a line offers; None where it can have none."""
    where = f"offers {number}"
    named = line.named
    if len(named) != 1 or any(len(values) != 1 for values in named.values()):
        yield told("no_offer", "error", where, "4.1", found=line.link[:60])
        return None
    name, (value,) = next(iter(named.items()))
    if name == "credential_offer":
        offer = resource_in(value.encode())
        if offer is None:
            yield told("no_offer", "error", where, "4.1.2", found=value[:60])
        return offer
    answer = yield Request("GET", value, {"Accept": "application/json"})
    offer = resource_in(answer.body) if answer.status == 200 else None
    if offer is None:
        yield told("no_reference", "error", where, "4.1.3", found=answer_text(answer))
    elif not _is_json(answer):
        yield told("no_json", "error", where, "4.1.3", found=_kind(answer))
    return offer


def _of_offer(offer: Json, number: int) -> Iterator[Finding]:
    """Yields what is wrong in an offer (OpenID4VCI 1.0 4.1.1)."""
    ids = member(offer, "credential_configuration_ids")
    issuer = member(offer, "credential_issuer")
    code = member(member(member(offer, "grants"), GRANT), "pre-authorized_code")
    pin = member(member(member(offer, "grants"), GRANT), "tx_code")
    are_ids = isinstance(ids, list) and ids and all(isinstance(id, str) for id in ids)
    is_code = code is None or (isinstance(code, str) and code)
    faults = {
        "credential_issuer": not isinstance(issuer, str) or "://" not in issuer,
        "credential_configuration_ids": not are_ids or len(set(ids)) != len(ids),
        "pre-authorized_code": not is_code or (pin is not None and code is None),
        "tx_code": pin is not None and not isinstance(pin, dict),
        "tx_code.input_mode": member(pin, "input_mode") not in (None, *MODES),
        "tx_code.length": not _is_count(member(pin, "length")),
        "tx_code.description": len(str(member(pin, "description") or "")) > LONGEST_DESCRIPTION,
    }
    for name, is_wrong in faults.items():
        if is_wrong:
            yield told("bad_offer", "error", f"offers {number}: {name}", "4.1.1", found=name)
    if member(offer, "credentials") is not None:
        yield told("draft", "error", f"offers {number}", "4.1.1", found="credentials")


def has_metadata(given: Given) -> Script:
    """The issuer's metadata stand at the inserted path (VCI-I01)."""
    metadata = yield from _described(given, "openid-credential-issuer", "12.2.2")
    return {"metadata": write_json(metadata).decode()} if metadata else {}


def same_issuer(given: Given) -> Script:
    """The metadata name the issuer letter by letter as the offer does (VCI-I02)."""
    desk = _desk(given)
    said = desk.metadata.get("credential_issuer")
    if said != desk.issuer:
        yield told(
            "other_issuer",
            "error",
            "credential_issuer",
            "12.2.2, 12.2.4",
            expected=desk.issuer,
            found=str(said)[:120],
        )


def has_server(given: Given) -> Script:
    """The metadata of its authorization server can be read, and list the grant (VCI-I03)."""
    metadata = yield from _described(given, "oauth-authorization-server", "12.3, RFC 8414 3")
    if not metadata:
        return {}
    address = _server_of(_desk(given))
    if metadata.get("issuer") != address:
        yield told(
            "other_issuer",
            "error",
            "issuer",
            "RFC 8414 3.3",
            expected=address,
            found=str(metadata.get("issuer"))[:120],
        )
    grants = metadata.get("grant_types_supported")
    if GRANT not in as_list(grants):
        # what is left out means two others; the offer names the grant all the same (4.1.1)
        severity: Severity = "warning" if grants is None else "error"
        yield told(
            "no_such_grant",
            severity,
            "grant_types_supported",
            "12.3, RFC 8414 2",
            expected=GRANT,
            found=str(grants)[:120],
        )
    if not isinstance(metadata.get("token_endpoint"), str):
        yield told("no_endpoint", "error", "token_endpoint", "RFC 8414 2")
        return {}
    return {"server": write_json(metadata).decode()}


def _described(given: Given, name: str, clause: str) -> Script:
    """Returns what is described at a well-known path; what is found elsewhere serves on."""
    from sandbox.testbench.issuer_ground import appended_request, metadata_request

    desk = _desk(given)
    address = desk.issuer if name == "openid-credential-issuer" else _server_of(desk)
    answer = yield metadata_request(address, name)
    metadata = _metadata_in(answer, name)
    if metadata is not None:
        if not _is_json(answer):
            yield told("no_json", "error", name, clause, found=_kind(answer))
        return metadata
    aside = appended_request(address, name)
    if aside.url != answer.url:
        other = yield aside
        metadata = _metadata_in(other, name)
    reason = "appended" if metadata is not None else "no_metadata"
    yield told(reason, "error", name, clause, expected=answer.url, found=answer_text(answer))
    return metadata


def _metadata_in(answer: Exchange, name: str) -> Json | None:
    """Returns the metadata of an answer; None for anything else that answers there."""
    content = resource_in(answer.body) if answer.status == 200 else None
    return content if MARKS[name] & set(content or ()) else None


def configurations(given: Given) -> Script:
    """Each configuration says what its format needs, and how keys are proven (VCI-I04)."""
    desk = _desk(given)
    if "credentials_supported" in desk.metadata:
        yield told(
            "draft", "error", "credentials_supported", "12.2.4", found="credentials_supported"
        )
    if not desk.endpoint("credential_endpoint"):
        yield told("no_endpoint", "error", "credential_endpoint", "12.2.4")
    listed = desk.metadata.get("credential_configurations_supported")
    rows = listed if isinstance(listed, dict) else {}
    if not rows:
        name = "credential_configurations_supported"
        yield told("no_endpoint", "error", name, "12.2.4")
    findings = [each for id in rows for each in _of_configuration(id, desk.described(id))]
    yield from findings[:MOST]
    for id in desk.tickets[0].configurations:
        if id not in rows:
            yield told(
                "unknown_id", "error", "credential_configuration_ids", "4.1.1", found=id[:80]
            )
    return {"configuration": desk.configuration} if desk.configuration else {}


def _of_configuration(id: str, described: Json) -> Iterator[Finding]:
    format = described.get("format")
    needed = MEMBERS.get(str(format), ())
    if format == "vc+sd-jwt":
        yield told(
            "old_format", "error", f"{id}.format", "A.3.1", expected="dc+sd-jwt", found="vc+sd-jwt"
        )
    elif not needed:
        severity: Severity = "warning" if isinstance(format, str) and format else "error"
        yield told("other_format", severity, f"{id}.format", "A", found=str(format)[:40])
    for path in needed:
        value: Any = described
        for name in path:
            value = member(value, name)
        if not value:
            yield told("no_member", "error", f"{id}.{'.'.join(path)}", f"A, {format}")
    types = described.get("proof_types_supported")
    if ("cryptographic_binding_methods_supported" in described) != (types is not None):
        yield told("proofs_and_binding", "error", id, "12.2.4")
    for name, kind in types.items() if isinstance(types, dict) else ():
        if not as_list(member(kind, "proof_signing_alg_values_supported")):
            where = f"{id}.proof_types_supported.{name}"
            yield told("no_member", "error", where, "12.2.4")


def _desk(given: Given) -> Desk:
    from sandbox.testbench.issuer_ground import desk_of

    return desk_of(given)


def _server_of(desk: Desk) -> str:
    """Returns the identifier of the authorization server (OpenID4VCI 1.0 12.2.4)."""
    servers = as_list(desk.metadata.get("authorization_servers"))
    return str(servers[0]) if servers else desk.issuer


def _is_count(value: Any) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value is None or is_number


def _kind(answer: Exchange) -> str:
    return answer.header("content-type") or "–"


def _is_json(answer: Exchange) -> bool:
    return _kind(answer).partition(";")[0].strip().lower() == "application/json"
