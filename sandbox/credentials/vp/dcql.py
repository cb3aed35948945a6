"""What a verifier asks for, in the Digital Credentials Query Language, and whether what came
answers it (OpenID4VP 1.0 6, 7).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sandbox.credentials.proofs.canonical import NotCanonical, expanded_types
from sandbox.credentials.proofs.contexts import UnknownContext
from sandbox.credentials.report import Report, note
from sandbox.credentials.texts import Json, as_list
from sandbox.errors import BadRequest
from sandbox.findings import Finding

ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
MOST_QUERIES = 20
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
    ids = [item.get("id") if isinstance(item, dict) else None for item in asked]
    if len(set(map(str, ids))) != len(ids):
        raise _refused("credentials.id", f"{CLAUSE}.1")
    for item in asked:
        where = _fault(item)
        if where:
            raise _refused(where, f"{CLAUSE}.1")
    for option in _options(query):
        unknown = {str(id) for id in option} - {str(id) for id in ids}
        if unknown:
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


def select_at(claims: Any, path: Sequence[Any]) -> list[Any]:
    """Returns the values at a path: a name, a place in a list, or None for each of a list
    (OpenID4VP 1.0 7.1).
    """
    values = [claims]
    for step in path:
        found: list[Any] = []
        for value in values:
            if isinstance(step, str) and isinstance(value, dict) and step in value:
                found.append(value[step])
            elif step is None and isinstance(value, list):
                found += value
            elif isinstance(step, int) and isinstance(value, list) and 0 <= step < len(value):
                found.append(value[step])
        values = found
    return values


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
    lacking = [
        [asked[id] for id in option if id in asked and not _has(claims, asked[id])]
        for option in options
    ]
    if asked and all(lacking):
        path = ".".join(map(str, lacking[0][0]["path"]))
        yield _fault_of("claim_not_shown", item["id"], f"{CLAUSE}.3", found=path)


def _has(claims: Json, claim: Json) -> bool:
    """Tells whether a claim is there, with one of its values: a wallet may have ignored them
    (OpenID4VP 1.0 6.4.1).
    """
    values = select_at(claims, claim["path"])
    wanted = claim.get("values")
    return bool(values) and (wanted is None or any(value in wanted for value in values))


def _is_enough(query: Json, ids: set[str]) -> bool:
    """Tells whether every set that is required is there (OpenID4VP 1.0 6.4.2)."""
    sets = query.get("credential_sets")
    if not sets:
        return ids >= {item["id"] for item in query["credentials"]}
    required = [each for each in sets if each.get("required", True)]
    return all(any(ids >= set(option) for option in each["options"]) for each in required)


def _options(query: Json) -> Iterator[Any]:
    sets = query.get("credential_sets")
    for each in sets if isinstance(sets, list) else []:
        options = each.get("options") if isinstance(each, dict) else None
        if not isinstance(options, list) or not options:
            raise _refused("credential_sets", f"{CLAUSE}.2")
        yield from (option if isinstance(option, list) else [None] for option in options)


def _fault(item: Any) -> str:
    """Returns the place of what is wrong in a query of one credential; empty for none."""
    if not isinstance(item, dict) or not ID.match(str(item.get("id", ""))):
        return "credentials.id"
    format = item.get("format")
    if format not in FORMS:
        return "credentials.format"
    meta = item.get("meta")
    wanted = meta.get(META[format]) if isinstance(meta, dict) else None
    if not isinstance(wanted, list) or not wanted:
        return f"credentials.meta.{META[format]}"
    if format != "dc+sd-jwt" and not all(isinstance(option, list) for option in wanted):
        return "credentials.meta.type_values"
    claims = item.get("claims", [])
    if not isinstance(claims, list) or not all(_is_claim(claim) for claim in claims):
        return "credentials.claims"
    sets = item.get("claim_sets", [])
    is_right = isinstance(sets, list) and all(isinstance(option, list) for option in sets)
    return "" if is_right else "credentials.claim_sets"


def _is_claim(claim: Any) -> bool:
    path = claim.get("path") if isinstance(claim, dict) else None
    is_path = isinstance(path, list) and 0 < len(path) <= 20
    return (
        is_path
        and all(
            step is None or isinstance(step, str) or (isinstance(step, int) and step >= 0)
            for step in path or ()
        )
        and isinstance(claim.get("values", []), list)
    )


def _fault_of(name: str, id: str, clause: str, **values: str) -> Finding:
    return note(name, "error", where=id[:80], clause=clause, **values)


def _refused(where: str, clause: str) -> BadRequest:
    return BadRequest("credentials.bad_query", where=where, found=where, clause=clause)
