"""Wallets and DCQL queries by chance, and what is no query, for what a library by others says of the same."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import to_jwk
from sandbox.credentials.sdjwt.issuing import ALWAYS_SHOWN, issue
from sandbox.credentials.wallet.answering import Held
from tests.sandbox.credentials.making import HOLDER, ISSUER, did_of, method_of

Json = dict[str, Any]
KINDS = ("urn:test:icvp", "urn:test:summary", "urn:test:link")
TYPES = ("Vaccinated", "Summarised", "Linked")
CITIES = ("Lima", "Quito", "Salta", "Natal")
ITEM: Json = {
    "id": "a",
    "format": "dc+sd-jwt",
    "meta": {"vct_values": ["urn:test:icvp"]},
    "claims": [{"id": "n", "path": ["name"]}, {"id": "c", "path": ["nations", None]}],
    "claim_sets": [["n"], ["c"]],
}
LINKED: Json = {"id": "a", "format": "ldp_vc", "meta": {"type_values": [["VerifiableCredential"]]}}


def with_item(**changes: Any) -> Json:
    """Returns a query of one credential with other members; None takes one out."""
    item = {name: part for name, part in {**ITEM, **changes}.items() if part is not None}
    return {"credentials": [item]}


WRONG: dict[str, Json] = {
    "no credentials": {},
    "none of them": {"credentials": []},
    "two of one id": {"credentials": [ITEM, ITEM]},
    "an id with a blank": with_item(id="a b"),
    "an id that is none": with_item(id=7),
    "an unknown format": with_item(format="paper"),
    "types that are no texts": with_item(meta={"vct_values": [7]}),
    "no claims": with_item(claims=[], claim_sets=None),
    "a claim without path": with_item(claims=[{"id": "n"}], claim_sets=None),
    "an empty path": with_item(claims=[{"path": []}], claim_sets=None),
    "a place below nothing": with_item(claims=[{"path": ["nations", -1]}], claim_sets=None),
    "a path with a truth": with_item(claims=[{"path": ["nations", True]}], claim_sets=None),
    "a path with a half": with_item(claims=[{"path": ["nations", 0.5]}], claim_sets=None),
    "values that are no list": with_item(claims=[{"path": ["name"], "values": "Rosa"}], claim_sets=None),
    "a value that is an object": with_item(claims=[{"path": ["name"], "values": [{}]}], claim_sets=None),
    "the id of a claim with a blank": with_item(claims=[{"id": "n n", "path": ["name"]}], claim_sets=None),
    "no sets of claims": with_item(claim_sets=[]),
    "an empty set of claims": with_item(claim_sets=[[]]),
    "a set of a claim that is none": with_item(claim_sets=[["x"]]),
    "sets of no claims": with_item(claims=None),
    "a truth that is a word": with_item(multiple="yes"),
    "no sets of credentials": {**with_item(), "credential_sets": []},
    "a set without options": {**with_item(), "credential_sets": [{"options": []}]},
    "a set of a credential that is none": {**with_item(), "credential_sets": [{"options": [["b"]]}]},
    "a need that is a word": {**with_item(), "credential_sets": [{"options": [["a"]], "required": "no"}]},
    "linked without types": {"credentials": [{**LINKED, "meta": {}}]},
    "linked with an empty option": {"credentials": [{**LINKED, "meta": {"type_values": [[]]}}]},
}  # fmt: skip


def wallet_of(chance: random.Random, size: int = 14) -> list[Held]:
    """Returns credentials of two forms, in which every claim of an SD-JWT can be held back."""
    return [_held(number, chance) for number in range(size)]


def query_of(chance: random.Random) -> Json:
    """Returns a query that is one: of one to four credentials, with sets of claims and of
    credentials at times.
    """
    items = [_item(f"q{number}", chance) for number in range(chance.randint(1, 4))]
    query: Json = {"credentials": items}
    if chance.random() < 0.4:
        query["credential_sets"] = [
            _set([item["id"] for item in items], chance) for _ in range(chance.randint(1, 2))
        ]
    return query


def as_dcql(held: Held) -> Json:
    """Returns a credential as the library takes it."""
    common = {"credential_format": held.form, "cryptographic_holder_binding": True}
    return {**common, **read_by_dcql(held.claims)}


def read_by_dcql(claims: Json) -> Json:
    """Returns the claims of a credential, with its type beside them."""
    kind = {"vct": claims["vct"]} if "vct" in claims else {"type": claims["type"]}
    return {"claims": claims, **kind}


def _held(number: int, chance: random.Random) -> Held:
    said = _said(number, chance)
    if chance.random() < 0.3:
        subject = {"id": did_of(HOLDER), **said}
        claims = {"type": ["VerifiableCredential", chance.choice(TYPES)]}
        full = {**claims, "issuer": did_of(ISSUER), "credentialSubject": subject}
        inner = {**claims, "credentialSubject": said}
        payload = {"iss": did_of(ISSUER), "sub": did_of(HOLDER), "vc": inner}
        text = write_jws({"typ": "JWT", "kid": method_of(ISSUER)}, payload, ISSUER)
        return Held(str(number), text, full, HOLDER)
    key = ec.derive_private_key(7_200_000 + number, ec.SECP256R1())
    claims = {
        "vct": chance.choice(KINDS),
        "iss": did_of(ISSUER),
        "cnf": {"jwk": to_jwk(key.public_key())},
        **said,
    }
    paths = [path for path in _paths(claims) if path[0] not in ALWAYS_SHOWN]
    text = issue(claims, paths, ISSUER, {"kid": method_of(ISSUER)}, decoys=1)
    return Held(str(number), text, claims, key)


def _said(number: int, chance: random.Random) -> Json:
    every = {
        "name": f"Rosa {number % 5}",
        "age": chance.randint(1, 3),
        "adult": chance.random() < 0.5,
        "place": {"city": chance.choice(CITIES), "code": chance.randint(0, 1)},
        "nations": chance.sample(["CL", "PA", "PE", "BR"], chance.randint(1, 3)),
        "doses": [
            {"lot": f"L{chance.randint(0, 3)}", "number": place + 1}
            for place in range(chance.randint(1, 3))
        ],
    }
    return {name: value for name, value in every.items() if chance.random() < 0.8}


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    children: Sequence[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        children = [*value.items()]
    elif isinstance(value, list):
        children = [*enumerate(value)]
    for step, child in children:
        yield from _paths(child, (*path, step))


def _item(id: str, chance: random.Random) -> Json:
    is_sdjwt = chance.random() < 0.7
    item: Json = {"id": id, "format": "dc+sd-jwt" if is_sdjwt else "jwt_vc_json"}
    if is_sdjwt:
        item["meta"] = {"vct_values": chance.sample(KINDS, chance.randint(1, 2))}
    else:
        options = chance.sample(TYPES, chance.randint(1, 2))
        item["meta"] = {"type_values": [["VerifiableCredential", each] for each in options]}
    above = [] if is_sdjwt else ["credentialSubject"]
    claims = [_claim(above, chance) for _ in range(chance.randint(0, 3))]
    if claims:
        item["claims"] = claims
    if claims and chance.random() < 0.4:
        for place, claim in enumerate(claims):
            claim["id"] = f"c{place}"
        ids = [claim["id"] for claim in claims]
        sets = [chance.sample(ids, chance.randint(1, len(ids))) for _ in range(2)]
        item["claim_sets"] = sets
    if chance.random() < 0.3:
        item["multiple"] = chance.random() < 0.5
    return item


def _claim(above: list[str], chance: random.Random) -> Json:
    choices: list[tuple[list[Any], list[Any]]] = [
        (["name"], ["Rosa 0", "Rosa 1", "Rosa 2"]),
        (["age"], [1, 2, "3"]),
        (["adult"], [True, 1]),
        (["place"], []),
        (["place", "city"], list(CITIES[:2])),
        (["place", "code"], [True, 0]),
        (["nations"], []),
        (["nations", None], ["CL", "BR"]),
        (["nations", 1], ["PA", "PE"]),
        (["doses", None, "lot"], ["L1", "L2"]),
        (["doses", 0, "number"], [1]),
        (["doses", 2, "lot"], []),
        (["absent"], []),
    ]
    weights = [4] * (len(choices) - 1) + [1]
    ((path, values),) = chance.choices(choices, weights)
    claim: Json = {"path": [*above, *path]}
    if values and chance.random() < 0.4:
        claim["values"] = chance.sample(values, chance.randint(1, len(values)))
    return claim


def _set(ids: list[str], chance: random.Random) -> Json:
    options = [chance.sample(ids, chance.randint(1, len(ids))) for _ in range(2)]
    return {"options": options, **({"required": False} if chance.random() < 0.3 else {})}
