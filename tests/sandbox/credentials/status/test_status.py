"""Status lists: which bit is whose, and what a list that cannot be believed is worth."""

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.credentials.status.bits import (
    BadList,
    Bits,
    empty,
    read_bitstring,
    read_token_list,
    write_bitstring,
    write_token_list,
)
from sandbox.credentials.texts import to_base64url
from sandbox.limits import STATUS_LIST_BYTES
from tests.sandbox.credentials.making import (
    AT,
    CLAIMS,
    CREDENTIAL,
    IETF_LIST,
    KNOWN,
    PLACE,
    STRANGER,
    W3C_LIST,
    changed,
    ietf_list,
    judged,
    reasons,
    sdjwt,
    signed,
    w3c_list,
    with_documents,
)


def test_w3c_counts_from_the_most_significant_bit_and_ietf_from_the_least() -> None:
    most, least = (empty(order, entries=16) for order in ("most", "least"))
    most[0] = least[0] = 1
    assert most.content == b"\x80\0"
    assert least.content == b"\x01\0"


def test_the_examples_of_ietf() -> None:
    # Token Status List 4: one bit, and two bits
    one = Bits(bytearray(b"\xb9\xa3"), "least", 1)
    assert [one[place] for place in range(16)] == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    two = Bits(bytearray(b"\xc9\x44\xf9"), "least", 2)
    assert [two[place] for place in range(12)] == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    assert read_token_list("eNrbuRgAAhcBXQ", size=1).content == one.content
    assert read_token_list("eNo76fITAAPfAgc", size=2).content == two.content


@pytest.mark.parametrize("size", [1, 2, 4, 8])
@pytest.mark.parametrize("order", ["most", "least"])
def test_every_place_keeps_its_own_value(order: Any, size: int) -> None:
    bits = empty(order, size=size, entries=64)
    for place in range(64):
        bits[place] = place % (1 << size)
    assert [bits[place] for place in range(64)] == [place % (1 << size) for place in range(64)]
    with pytest.raises(BadList):
        bits[64]
    with pytest.raises(BadList):
        bits[-1]
    with pytest.raises(BadList):
        bits[0] = 1 << size


def test_lists_come_back_as_they_were_written() -> None:
    bits = empty("most")
    bits[PLACE] = 1
    assert read_bitstring(write_bitstring(bits)) == bits
    tokens = empty("least", size=2)
    tokens[PLACE] = 2
    assert read_token_list(write_token_list(tokens), size=2) == tokens


@pytest.mark.parametrize(
    "read",
    [
        lambda: read_bitstring("H4sI"),
        lambda: read_bitstring("uAAAA"),
        lambda: read_bitstring("u" + to_base64url(gzip.compress(bytes(STATUS_LIST_BYTES + 1)))),
        lambda: read_bitstring(write_bitstring(empty("most"))[:-8]),
        lambda: read_bitstring("u" + to_base64url(gzip.compress(b"x") + b"more")),
        lambda: read_bitstring(write_bitstring(empty("most")), size=3),
        lambda: read_token_list("eNrbuRgAAhcBXQ", size=0),
        lambda: read_token_list("€", size=1),
    ],
)
def test_what_is_no_list_is_refused(read: Callable[[], Any]) -> None:
    with pytest.raises(BadList):
        read()


def taken_back(order: Any, *, size: int = 1, value: int = 1, place: int = PLACE) -> Bits:
    bits = empty(order, size=size)
    bits[place] = value
    return bits


def test_a_credential_that_was_taken_back_is_refused_by_both_kinds_of_list() -> None:
    w3c = judged(signed(), with_documents(w3c=w3c_list(taken_back("most"))))
    ietf = judged(sdjwt(), with_documents(ietf=ietf_list(taken_back("least"))))
    assert [report.verdict for report in (w3c, ietf)] == ["not_valid", "not_valid"]
    assert reasons(w3c) == reasons(ietf) == {"revoked"}
    beside = with_documents(
        w3c=w3c_list(taken_back("most", place=PLACE + 1)),
        ietf=ietf_list(taken_back("least", place=PLACE - 1)),
    )
    assert judged(signed(), beside).verdict == "valid"
    assert judged(sdjwt(), beside).verdict == "valid"


def test_a_list_read_from_the_wrong_end_would_say_another_thing() -> None:
    bits = taken_back("least")
    wrong = Bits(bits.content, "most")
    assert wrong[PLACE] == 0


def test_a_credential_on_hold_is_refused_with_that_word() -> None:
    suspended = with_documents(ietf=ietf_list(taken_back("least", size=2, value=2)))
    assert reasons(judged(sdjwt(), suspended)) == {"suspended"}
    other = with_documents(ietf=ietf_list(taken_back("least", size=2, value=3)))
    assert reasons(judged(sdjwt(), other)) == {"status_value"}
    entry = {**CREDENTIAL["credentialStatus"], "statusPurpose": "suspension"}
    document = w3c_list(taken_back("most"))
    subject = {**document["credentialSubject"], "statusPurpose": ["revocation", "suspension"]}
    listed = w3c_list(credentialSubject=subject)
    report = judged(
        signed(document=changed(CREDENTIAL, credentialStatus=entry)), with_documents(w3c=listed)
    )
    assert reasons(report) == {"suspended"}


def entry(**changes: Any) -> dict[str, Any]:
    status = changed(CREDENTIAL["credentialStatus"], **changes)
    return signed("ecdsa-jcs-2019", document=changed(CREDENTIAL, credentialStatus=status))


def reference(**changes: Any) -> str:
    listed = {"status_list": changed(CLAIMS["status"]["status_list"], **changes)}
    return sdjwt(changed(CLAIMS, status=listed))


OTHER = {"type": "BitstringStatusList", "statusPurpose": "revocation"}
SHORT = {**OTHER, "encodedList": write_bitstring(empty("most", entries=16 * 1024 * 4))}
WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a place as number": (entry(statusListIndex=PLACE), {}, "bad_entry"),
    "a place with a sign": (entry(statusListIndex="-1"), {}, "bad_entry"),
    "a place outside": (entry(statusListIndex="999999999"), {}, "bad_list"),
    "a place as text": (reference(idx=str(PLACE)), {}, "bad_entry"),
    "a negative place": (reference(idx=-1), {}, "bad_list"),
    "another purpose": (entry(statusPurpose="suspension"), {}, "bad_list"),
    "a list changed": (entry(), {"w3c": {**w3c_list(), "credentialSubject": {**OTHER, "encodedList": "uH4sI"}}}, "bad_list"),
    "an unsigned list": (entry(), {"w3c": changed(w3c_list(), proof=None)}, "bad_list"),
    "a list of somebody else": (entry(), {"w3c": w3c_list(key=STRANGER)}, "bad_list"),
    "a list of another address": (entry(), {"w3c": w3c_list(id="http://127.0.0.1:8400/other")}, "bad_list"),
    "an expired list": (entry(), {"w3c": w3c_list(validUntil="2026-02-01T00:00:00Z")}, "bad_list"),
    "a list that is none": (entry(), {"w3c": "<html>"}, "bad_list"),
    "a token list that is none": (sdjwt(), {"ietf": "<html>"}, "bad_list"),
    "a token list of somebody else": (sdjwt(), {"ietf": ietf_list(key=STRANGER)}, "bad_list"),
    "a token list of another address": (sdjwt(), {"ietf": ietf_list(sub=W3C_LIST)}, "bad_list"),
    "an expired token list": (sdjwt(), {"ietf": ietf_list(exp=int((AT - timedelta(days=1)).timestamp()))}, "bad_list"),
    "a token list without bits": (sdjwt(), {"ietf": ietf_list(status_list={"lst": "eNrbuRgAAhcBXQ"})}, "bad_list"),
    "a token list without list": (sdjwt(), {"ietf": ietf_list(status_list=None)}, "bad_list"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_list_that_proves_nothing_makes_nothing_valid(name: str) -> None:
    credential, documents, reason = WRONG[name]
    report = judged(credential, with_documents(**documents))
    assert report.verdict == "not_valid"
    assert reason in reasons(report)


@pytest.mark.parametrize("name", ["a list of somebody else", "a token list of somebody else"])
def test_a_list_by_somebody_whom_nobody_believes_is_no_list(name: str) -> None:
    credential, documents, _ = WRONG[name]
    assert judged(credential, with_documents(**documents)).step("status").status == "fail"
    assert judged(credential).step("status").status == "ok"


@pytest.mark.parametrize(("credential", "place"), [(entry(), W3C_LIST), (sdjwt(), IETF_LIST)])
def test_a_list_that_was_not_reached_never_means_valid(credential: Any, place: str) -> None:
    without = {
        address: document for address, document in KNOWN.documents.items() if address != place
    }
    report = judged(credential, type(KNOWN)(documents=without, issuers=KNOWN.issuers))
    assert report.verdict == "unverified"
    assert report.step("status").status == "skipped"
    assert report.wanted == {place}


def test_an_unknown_kind_of_status_is_said_and_not_guessed() -> None:
    report = judged(entry(type="SomeList2099"))
    assert (report.verdict, report.step("status").status) == ("unverified", "skipped")
    other = judged(sdjwt(changed(CLAIMS, status={"identifier_list": {}})))
    assert other.verdict == "unverified"


def test_a_short_list_is_a_warning() -> None:
    report = judged(entry(), with_documents(w3c=w3c_list(credentialSubject=SHORT)))
    # the place of the credential is beyond it
    assert "short_list" in reasons(report)
    early = judged(
        entry(statusListIndex="5"), with_documents(w3c=w3c_list(credentialSubject=SHORT))
    )
    assert (early.verdict, reasons(early)) == ("deviates", {"short_list"})
    assert json.dumps(SHORT)


def test_a_credential_without_status_is_valid_without() -> None:
    assert judged(signed(document=changed(CREDENTIAL, credentialStatus=None))).verdict == "valid"
    assert judged(sdjwt(changed(CLAIMS, status=None))).verdict == "valid"
