"""What a verifier asks for, in the Digital Credentials Query Language, and whether what came
answers it (OpenID4VP 1.0 6, 7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeGuard

from sandbox.credentials.proofs.canonical import NotCanonical, expanded_types
from sandbox.credentials.proofs.contexts import UnknownContext
from sandbox.credentials.report import Report, note
from sandbox.credentials.sdjwt.disclosures import Path
from sandbox.credentials.texts import Json, as_list
from sandbox.errors import BadRequest
from sandbox.findings import Finding

ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
MOST_QUERIES = 20
MOST_STEPS = 20
# Forms of a credential, and what verifying calls what is shown of one.
FORMS = {
    "dc+sd-jwt": ("dc+sd-jwt",),
    "ldp_vc": ("ldp_vc",),
    "jwt_vc_json": ("jwt_vc_json",),
}
META = {"dc+sd-jwt": "vct_values", "ldp_vc": "type_values", "jwt_vc_json": "type_values"}
CLAUSE = "OpenID4VP 1.0 6"


def check_query(query: Any) -> None:
    """Refuses a query that no wallet could answer.

    Raises:
        BadRequest: Names the member that is wrong.
    """
    asked = query.get("credentials") if isinstance(query, dict) else None
    if not isinstance(asked, list) or not 0 < len(asked) <= MOST_QUERIES:
        raise _refused("credentials", f"{CLAUSE}.1")
    for item in asked:
        where = _fault(item)
        if where:
            raise _refused(where, f"{CLAUSE}.1")
    ids = [item["id"] for item in asked]
    if len(set(ids)) != len(ids):
        raise _refused("credentials.id", f"{CLAUSE}.1")
    if not _are_sets_of_credentials(query.get("credential_sets", [{"options": [ids]}]), set(ids)):
        raise _refused("credential_sets", f"{CLAUSE}.2")


def judge_answer(query: Json, shown: Mapping[str, Sequence[Report]]) -> list[Finding]:
    """Returns where an answer is not what was asked for; that each credential is valid is judged
    elsewhere.

    Args:
        query: A query that `check_query` let pass.
        shown: The reports of what came, by the id of its query.
    """
    asked = {item["id"]: item for item in query["credentials"]}
    findings = []
    for id in sorted(set(shown) - set(asked)):
        findings.append(_fault_of("not_asked", id, f"{CLAUSE}.1"))
    for id, item in asked.items():
        reports = shown.get(id, ())
        if len(reports) > 1 and not item.get("multiple"):
            findings.append(_fault_of("too_many_shown", id, f"{CLAUSE}.1"))
        for report in reports:
            findings += _judge_credential(item, report)
    if not _is_enough(query, {id for id, reports in shown.items() if reports}):
        missing = ", ".join(sorted(set(asked) - set(shown))) or "–"
        findings.append(_fault_of("not_shown", missing, f"{CLAUSE}.2"))
    return findings


def places_of(claims: Any, claim: Json, *, is_shown: bool = False) -> list[Path]:
    """Returns the places that a query of one claim means, those alone whose values it takes
    (OpenID4VP 1.0 6.4.1, 7.1).

    Args:
        claims: What a credential says.
        claim: With its path: names, places in a list, and None for each of a list.
        is_shown: Whether these are the claims that a holder shows of an SD-JWT: what is held back
            of a list leaves no gap in it (RFC 9901 7.1), so that a place there is any of it.
    """
    places: list[tuple[Path, Any]] = [((), claims)]
    for step in claim["path"]:
        wanted = None if is_shown and isinstance(step, int) else step
        places = [
            ((*path, name), child)
            for path, value in places
            for name, child in _children(value)
            if (isinstance(value, list) if wanted is None else name == wanted)
        ]
    values = claim.get("values")
    return [path for path, value in places if values is None or _is_among(value, values)]


def _children(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _is_among(value: Any, values: Sequence[Any]) -> bool:
    """Tells whether a value is one of some by type and value; true is no number in JSON."""
    return any(
        value == each and isinstance(value, bool) == isinstance(each, bool) for each in values
    )


def is_of_type(item: Json, claims: Json) -> bool:
    """Tells whether a credential is of a type that a query takes (OpenID4VP 1.0 B.1.1, B.3.5).

    Args:
        item: The query of one credential.
        claims: What the credential says.
    """
    if item["format"] == "dc+sd-jwt":
        return claims.get("vct") in item["meta"]["vct_values"]
    wanted = [set(map(str, option)) for option in item["meta"]["type_values"]]
    types = set(map(str, as_list(claims.get("type"))))
    if any(option <= types for option in wanted):
        return True
    # a context that is not here leaves the types as they are written
    with suppress(UnknownContext, NotCanonical):
        types |= set(expanded_types(claims))
    return any(option <= types for option in wanted)


def _judge_credential(item: Json, report: Report) -> Iterator[Finding]:
    """Yields where one credential is not as it was asked for: form, type, claims and their
    values.
    """
    # a W3C credential comes within a presentation of its holder
    parts = report.parts if report.is_presentation else [report]
    if len(parts) != 1 or parts[0].form not in FORMS[item["format"]]:
        met = parts[0].form if parts else report.form
        yield _fault_of(
            "other_format", item["id"], f"{CLAUSE}.1", expected=item["format"], found=met
        )
        return
    claims = parts[0].claims or {}
    if not is_of_type(item, claims):
        wanted = str(item["meta"])[:120]
        yield _fault_of("other_type", item["id"], f"{CLAUSE}.1", expected=wanted)
    asked = {str(claim.get("id", n)): claim for n, claim in enumerate(item.get("claims", []))}
    options = item.get("claim_sets") or [list(asked)]
    is_shown = parts[0].form == "dc+sd-jwt"
    missing = {id for id in asked if not places_of(claims, asked[id], is_shown=is_shown)}
    lacking = [[asked[id] for id in option if id in missing] for option in options]
    if asked and all(lacking):
        path = ".".join(map(str, lacking[0][0]["path"]))
        yield _fault_of("claim_not_shown", item["id"], f"{CLAUSE}.3", found=path)


def _is_enough(query: Json, ids: set[str]) -> bool:
    """Tells whether every set that is required is there (OpenID4VP 1.0 6.4.2)."""
    sets = query.get("credential_sets")
    if not sets:
        return ids >= {item["id"] for item in query["credentials"]}
    required = [each for each in sets if each.get("required", True)]
    return all(any(ids >= set(option) for option in each["options"]) for each in required)


def _are_sets_of_credentials(sets: Any, ids: set[str]) -> bool:
    return _is_list(sets) and all(
        isinstance(each, dict)
        and isinstance(each.get("required", True), bool)
        and _are_options(each.get("options"), ids)
        for each in sets
    )


def _are_options(options: Any, ids: set[str]) -> bool:
    """Tells whether each of some options is a list of ids that are there."""
    return _is_list(options) and all(
        _is_list(option) and all(isinstance(id, str) and id in ids for id in option)
        for option in options
    )


def _fault(item: Any) -> str:
    """Returns the place of what is wrong in a query of one credential; empty for none."""
    if not isinstance(item, dict) or not _is_id(item.get("id")):
        return "credentials.id"
    format = item.get("format")
    if format not in FORMS:
        return "credentials.format"
    meta = item.get("meta")
    wanted = meta.get(META[format]) if isinstance(meta, dict) else None
    options = wanted if format != "dc+sd-jwt" else [wanted]
    if not _is_list(options) or not all(map(_are_texts, options)):
        return f"credentials.meta.{META[format]}"
    for name in ("multiple", "require_cryptographic_holder_binding"):
        if not isinstance(item.get(name, False), bool):
            return f"credentials.{name}"
    if "trusted_authorities" in item and not _are_authorities(item["trusted_authorities"]):
        return "credentials.trusted_authorities"
    return _fault_of_claims(item)


def _are_authorities(authorities: Any) -> bool:
    """Tells whether each of some authorities has a type and values (OpenID4VP 1.0 6.1.1)."""
    return _is_list(authorities) and all(
        isinstance(each, dict)
        and isinstance(each.get("type"), str)
        and _are_texts(each.get("values"))
        for each in authorities
    )


def _fault_of_claims(item: Json) -> str:
    """Returns the place of what is wrong in the claims of a query (OpenID4VP 1.0 6.1, 6.3)."""
    claims = item.get("claims", [{"path": [None]}])
    if not _is_list(claims) or not all(_is_claim(claim) for claim in claims):
        return "credentials.claims"
    ids = [claim["id"] for claim in claims if "id" in claim]
    if len(set(ids)) != len(ids):
        return "credentials.claims.id"
    has_sets = "claim_sets" in item
    # each has an id where sets are made of them
    if has_sets and not (len(ids) == len(claims) and _are_options(item["claim_sets"], set(ids))):
        return "credentials.claim_sets"
    return ""


def _is_claim(claim: Any) -> bool:
    if not isinstance(claim, dict) or ("id" in claim and not _is_id(claim["id"])):
        return False
    path = claim.get("path")
    values = claim.get("values", [""])
    return (
        _is_list(path)
        and len(path) <= MOST_STEPS
        and all(map(_is_step, path))
        and _is_list(values)
        and all(isinstance(value, (str, int)) for value in values)
    )


def _is_step(step: Any) -> bool:
    is_place = isinstance(step, int) and not isinstance(step, bool) and step >= 0
    return step is None or isinstance(step, str) or is_place


def _is_id(id: Any) -> bool:
    return isinstance(id, str) and ID.match(id) is not None


def _are_texts(value: Any) -> bool:
    return _is_list(value) and all(isinstance(each, str) for each in value)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    """Tells whether a value is a list that holds anything: DCQL has none that is empty."""
    return isinstance(value, list) and bool(value)


def _fault_of(name: str, id: str, clause: str, **values: str) -> Finding:
    return note(name, "error", where=id[:80], clause=clause, **values)


def _refused(where: str, clause: str) -> BadRequest:
    return BadRequest("credentials.bad_query", where=where, found=where, clause=clause)
