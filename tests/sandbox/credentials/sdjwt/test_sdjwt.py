"""SD-JWT credentials: what is hidden stays hidden, what is shown is what was signed, and only by its holder."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.credentials.jose import read_jws, write_jws
from sandbox.credentials.sdjwt.disclosures import (
    BadDisclosure,
    digest_of,
    read_disclosure,
    write_disclosure,
)
from sandbox.credentials.sdjwt.issuing import issue
from sandbox.credentials.sdjwt.presenting import bind, present, read_sdjwt, select
from sandbox.credentials.texts import to_base64url
from tests.sandbox.credentials.making import (
    ASKED,
    AT,
    CLAIMS,
    HOLDER,
    ISSUER,
    PATHS,
    STRANGER,
    changed,
    did_of,
    judged,
    method_of,
    reasons,
    sdjwt,
)

WHOLE = sdjwt()
HEADER = {"kid": method_of(ISSUER)}


def shown(wanted: Any = (["name"],), *, text: str = WHOLE, key: Any = HOLDER, **more: Any) -> str:
    asked = {"audience": ASKED.audience, "nonce": ASKED.nonce, "at": AT, **more}
    return present(text, wanted, key, **asked)


def test_the_example_of_the_standard_has_its_digest() -> None:
    # RFC 9901 4.2.3 and 4.2.2
    text = "WyJlSThaV205UW5LUHBOUGVOZW5IZGhRIiwgImVtYWlsIiwgIlwidW51c3VhbCBlbWFpbCBhZGRyZXNzXCJAZXhhbXBsZS5qcCJd"
    assert read_disclosure(text).name == "email"
    family = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert read_disclosure(family).value == "Möbius"
    assert digest_of(family) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    element = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"
    assert digest_of(element) == "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"


def test_a_credential_opens_to_what_was_issued_and_is_valid() -> None:
    assert read_sdjwt(WHOLE).opened().claims == CLAIMS
    report = judged(WHOLE)
    assert report.verdict == "valid", reasons(report)
    assert report.claims == CLAIMS
    assert report.step("holder").status == "skipped"


def test_no_hidden_value_stands_in_what_the_issuer_has_signed() -> None:
    payload = json.dumps(read_sdjwt(WHOLE).jws.payload, ensure_ascii=False)
    assert "Rosa" not in payload
    assert "Stamaril" not in payload
    assert "1985" not in payload
    assert '"vct"' in payload
    digests = read_sdjwt(WHOLE).jws.payload["_sd"]
    assert digests == sorted(digests)
    assert len(digests) == 3 + 2  # name, birthdate, vaccine; and two decoys


@pytest.mark.parametrize(
    ("wanted", "claims"),
    [
        ([], {}),
        ([["name"]], {"name": "Rosa Fuenzalida"}),
        ([["nationality", 1]], {"nationality": ["PA"]}),
        ([["nationality", None]], {"nationality": ["CL", "PA"]}),
        ([["vaccine", "product"]], {"vaccine": {"product": "Stamaril", "date": "2026-02-02"}}),
        ([["vaccine"]], {"vaccine": CLAIMS["vaccine"]}),
        ([["no such claim"]], {}),
    ],
)
def test_only_what_is_wanted_leaves(wanted: Any, claims: Any) -> None:
    report = judged(shown(wanted), asked=ASKED)
    assert report.verdict == "valid", reasons(report)
    hidden = {"name", "birthdate", "nationality", "vaccine"}
    seen = {name: value for name, value in (report.claims or {}).items() if name in hidden}
    assert seen == {"nationality": []} | claims


@pytest.mark.parametrize("name", ["iss", "exp", "vct", "cnf", "status", "nbf"])
def test_what_every_verifier_needs_cannot_be_made_disclosable(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        issue(CLAIMS, [[name]], ISSUER, HEADER)


def test_every_salt_is_another() -> None:
    salts = [json.loads(_plain(each.text))[0] for each in read_sdjwt(WHOLE).disclosures]
    assert len(set(salts)) == len(salts) == 7
    assert all(len(salt) == 22 for salt in salts)


def _plain(text: str) -> bytes:
    from sandbox.credentials.texts import from_base64url

    return from_base64url(text)


def spoiled(**changes: Any) -> str:
    """Returns a credential that the issuer has signed with other members of the payload."""
    jws = read_sdjwt(WHOLE).jws
    payload = changed(jws.payload, **changes)
    text = write_jws({"typ": "dc+sd-jwt", **HEADER}, payload, ISSUER)
    return WHOLE.replace(WHOLE.partition("~")[0], text)


def with_disclosure(name: str | None, value: Any, **claims: Any) -> str:
    disclosure = write_disclosure("c2FsdHNhbHRzYWx0c2FsdA", name, value)
    payload = {"vct": "x", "iss": did_of(ISSUER), **claims, "_sd": [digest_of(disclosure)]}
    return "~".join([write_jws({"typ": "dc+sd-jwt", **HEADER}, payload, ISSUER), disclosure, ""])


PARTS = WHOLE.split("~")
KB_TIME = int(AT.timestamp())
HASH = digest_of(select(WHOLE, [["name"]]))


def bound(typ: str = "kb+jwt", key: Any = HOLDER, **changes: Any) -> str:
    word = {"iat": KB_TIME, "aud": ASKED.audience, "nonce": ASKED.nonce, "sd_hash": HASH}
    return select(WHOLE, [["name"]]) + write_jws({"typ": typ}, changed(word, **changes), key)


WRONG: dict[str, tuple[Callable[[], str], str]] = {
    "a disclosure changed": (lambda: WHOLE.replace(PARTS[1], write_disclosure("x", "name", "Ana")), "bad_disclosure"),
    "a disclosure twice": (lambda: WHOLE + PARTS[1] + "~", "bad_disclosure"),
    "a disclosure of another": (lambda: WHOLE + write_disclosure("x", "sex", "F") + "~", "bad_disclosure"),
    "a disclosure that is none": (lambda: WHOLE + "e30~", "bad_disclosure"),
    "an inner one without the outer": (lambda: "~".join([PARTS[0], PARTS[5], ""]), "bad_disclosure"),
    "a name that stands openly too": (lambda: with_disclosure("vct", "y"), "bad_disclosure"),
    "a name that means digests": (lambda: with_disclosure("_sd", []), "bad_disclosure"),
    "an element as a member": (lambda: with_disclosure(None, "y"), "bad_disclosure"),
    "an unknown hash": (lambda: spoiled(_sd_alg="md5"), "bad_disclosure"),
    "no digests": (lambda: spoiled(_sd="x"), "bad_disclosure"),
    "a status that could be hidden": (lambda: with_disclosure("status", {}), "always_shown"),
    "another claim": (lambda: WHOLE.replace(PARTS[0].split(".")[1], to_base64url(b'{"vct":"x"}')), "bad_disclosure"),
    "another issuer": (lambda: sdjwt(key=STRANGER), "other_owner"),
    "another type of token": (lambda: sdjwt(typ="JWT"), "other_typ"),
    "expired": (lambda: sdjwt(changed(CLAIMS, exp=KB_TIME - 3600)), "expired"),
    "issued tomorrow": (lambda: sdjwt(changed(CLAIMS, iat=KB_TIME + 86400)), "not_yet"),
    "no holder": (lambda: select(WHOLE, [["name"]]), "no_holder"),
    "another holder": (lambda: shown(key=STRANGER), "wrong_holder"),
    "for another verifier": (lambda: shown(audience="redirect_uri:https://other.example"), "other_domain"),
    "without the prefix": (lambda: shown(audience=ASKED.audience.partition(":")[2]), "other_domain"),
    "an old word": (lambda: shown(at=AT - timedelta(hours=1)), "not_fresh"),
    "a word of tomorrow": (lambda: shown(at=AT + timedelta(hours=1)), "not_fresh"),
    "a replay": (lambda: shown(nonce="of the last time"), "other_challenge"),
    "one claim less": (lambda: shown().replace(PARTS[1] + "~", ""), "other_hash"),
    "the hash without the tilde": (lambda: bound(sd_hash=digest_of(select(WHOLE, [["name"]])[:-1])), "other_hash"),
    "no hash": (lambda: bound(sd_hash=None), "other_hash"),
    "no time": (lambda: bound(iat=None), "not_fresh"),
    "another kind of word": (lambda: bound(typ="JWT"), "other_typ"),
    "a word that is none": (lambda: select(WHOLE, [["name"]]) + "a.b.c", "bad_cnf"),
    "a credential bound to nobody": (lambda: shown(text=sdjwt(changed(CLAIMS, cnf=None))), "bad_cnf"),
}  # fmt: skip


def test_the_right_twin_is_valid() -> None:
    for text in (shown(), bound()):
        report = judged(text, asked=ASKED)
        assert report.verdict == "valid", reasons(report)
        assert report.step("holder").status == "ok"


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_is_refused_for_its_own_reason(name: str) -> None:
    make, reason = WRONG[name]
    report = judged(make(), asked=ASKED)
    assert report.verdict == "not_valid"
    assert reason in reasons(report)


def test_the_older_type_is_a_warning() -> None:
    report = judged(sdjwt(typ="vc+sd-jwt"))
    assert (report.verdict, reasons(report)) == ("deviates", {"old_typ"})


def test_a_credential_without_its_type_does_not_conform() -> None:
    assert reasons(judged(sdjwt(changed(CLAIMS, vct=None)))) == {"no_vct"}


def test_select_and_bind_refuse_what_is_no_credential() -> None:
    with pytest.raises(ValueError, match=r"."):
        select("a.b.c", [])
    with pytest.raises(BadDisclosure):
        read_sdjwt(WHOLE + "e30~")
    assert read_jws(bind(WHOLE, HOLDER, audience="a", nonce="n", at=AT).rpartition("~")[2])


def test_paths_name_elements_of_lists_too() -> None:
    text = issue(
        {"vct": "x", "doses": [{"lot": "1"}, {"lot": "2"}]},
        [["doses", None, "lot"]],
        ISSUER,
        HEADER,
    )
    assert read_sdjwt(text).opened().claims["doses"] == [{"lot": "1"}, {"lot": "2"}]
    assert read_sdjwt(select(text, [["doses", 1, "lot"]])).opened().claims["doses"] == [
        {},
        {"lot": "2"},
    ]
    assert len(PATHS) == 6
