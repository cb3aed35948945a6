"""Medication overview as a certificate (RACSEL 2026, `Bundle/{id}/$meow`): which medicines somebody
takes, in one signed code.

The interface is a draft of 2026: published are the operation, its parameter and the letters of the
claim (-7); neither which attachments an answer has, nor what the letter `a` means, so that a code
is taken wherever it stands in the answer, and `a` is not asked for.  Input: `trustlist`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from sandbox.exchange import Exchange
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.testbench.medicines import NOT_TAKEN, TAKEN, claim_of, document_with, person_in
from sandbox.testbench.refusing import only_fault
from sandbox.testbench.script import (
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    depends_on,
    finding_at,
    get,
    post,
)
from sandbox.testbench.tracks.hcert_content import Part, judged, only_essentials, trust_list

CLAUSE = "RACSEL 2026 $meow"
CLAIM = "RACSEL 2026 medication overview, claim -7"
STATUS = "FHIR R4 MedicationStatement.status"
PLACE = re.compile(r"(?:^|/)Bundle/([A-Za-z0-9.\-]{1,64})(?:/|$)")
LETTERS = ("es", "ee", "da", "d", "r")
FIELDS = Part("MEO-03", "fields", CLAIM, ("cose", "claims", "dialect", "schema"))
IN_FORCE = Part("MEO-08", "in_force", "HCERT 1.1.1 3.3.4", ("validity",))
SIGNED = Part(
    "MEO-11", "signed", "HCERT 1.1.1 4, RFC 9052 4.4", ("trust", "signature"), is_trusting=True
)
NOBODY = "no-such-document"


def stores(given: Given) -> Script:
    """A summary with three medicines is stored, and its place is told (MEO-01)."""
    place = yield from _stored(given, "MEO-01", (*TAKEN, NOT_TAKEN))
    return {"stored": place} if place else {}


def signs(given: Given) -> Script:
    """$meow of the stored document answers with a health certificate (MEO-02)."""
    answer = yield _asking(given["stored"])
    texts = codes_in(answer) if answer.status in (200, 201) else []
    if not texts:
        yield finding_at("meow_issuer.no_code", "error", "body", CLAUSE, found=answer_text(answer))
        return {}
    return {"readable": texts[0]}


def is_overview(given: Given) -> Script:
    """The certificate is a medication overview, as its claim asks (MEO-03)."""
    from sandbox.certificates.hcert import read

    certificate = read(given["readable"])
    if certificate.dialect is None or certificate.dialect.family != "meow":
        found = certificate.form or certificate.verdict
        yield finding_at("meow_issuer.not_overview", "error", "-260.-7", CLAIM, found=found)
        return
    yield from judged(given, part=FIELDS)


def names_person(given: Given) -> Script:
    """It is about the person of the document (MEO-04)."""
    content = _content(given["readable"])
    for letter, expected in person_in(given).items():
        value = content.get(letter)
        # name and birth date are needed; what identifies beyond them may be left out
        if value != expected and (value is not None or letter in ("n", "dob")):
            yield finding_at(
                "meow_issuer.other_person",
                "error",
                letter,
                CLAIM,
                expected=expected,
                found=str(value or "–"),
            )


def names_medicines(given: Given) -> Script:
    """It names each medicine that is taken, by its name, and with what the document says of it
    (MEO-05).
    """
    yield from _compared(_medicines(given["readable"]), TAKEN)


def leaves_out(given: Given) -> Script:
    """What is not taken is no part of it (MEO-06)."""
    name = claim_of(NOT_TAKEN)["m"]
    medicines = _medicines(given["readable"])
    if not medicines:  # whoever names none has left out none of them for what it is
        yield depends_on("MEO-05")
    if any(medicine.get("m") == name for medicine in medicines):
        yield finding_at("meow_issuer.not_taken", "error", "m", STATUS, found=name)


def one_of_them(given: Given) -> Script:
    """medicationStatementId chooses one medicine, and the code is of it alone (MEO-07)."""
    chosen = TAKEN[1]
    answer = yield _asking(given["stored"], statement=chosen["id"])
    texts = codes_in(answer) if answer.status in (200, 201) else []
    if not texts:
        yield finding_at("meow_issuer.no_code", "error", "body", CLAUSE, found=answer_text(answer))
        return
    medicines = _medicines(texts[0])
    yield from _compared(medicines, (chosen,))
    others = [medicine for medicine in medicines if medicine.get("m") != claim_of(chosen)["m"]]
    if others:
        names = ", ".join(str(medicine.get("m")) for medicine in others)
        yield finding_at("meow_issuer.others_too", "error", "m", CLAUSE, found=names)


def refuses_unknown_medicine(given: Given) -> Script:
    """A medicine that the document does not have is refused (MEO-12)."""
    answer = yield _asking(given["stored"], statement="no-such-medicine")
    yield from _refused(answer)
    yield from only_fault(
        answer, _asking(given["stored"], statement=TAKEN[0]["id"]), names=("not-found",)
    )


def refuses_unknown_document(given: Given) -> Script:
    """A document that is not there is refused (MEO-13)."""
    answer = yield _asking(NOBODY)
    yield from _refused(answer)
    yield from only_fault(answer, _asking(given["stored"]), names=("not-found",))


def refuses_nothing_taken(given: Given) -> Script:
    """Of a document in which nothing is taken no code is made (MEO-14)."""
    place = yield from _stored(given, "MEO-14", (NOT_TAKEN,))
    if not place:
        return
    answer = yield _asking(place)
    yield from _refused(answer)
    yield from only_fault(answer, _asking(given["stored"]))


def _stored(given: Given, word: str, statements: tuple[Json, ...]) -> Any:
    """Stores a document and returns its id; empty, with a finding, where none is told."""
    answer = yield post("Bundle", document_with(given, word, statements))
    place = _place(answer) if answer.status in (200, 201) else ""
    if not place:
        yield finding_at(
            "meow_issuer.not_stored", "error", "Bundle", CLAUSE, found=answer_text(answer)
        )
    return place


def _place(answer: Exchange) -> str:
    """Returns the id of the document, by Location, by the entries of a transaction's answer, or as
    the resource that came back.
    """
    body = answer.json
    places = [answer.header("location"), answer.header("content-location")]
    places += [
        str(member(member(entry, "response"), "location") or "")
        for entry in as_list(member(body, "entry"))
    ]
    met = next((match for place in places if place and (match := PLACE.search(place))), None)
    if met is not None:
        return met.group(1)
    is_document = member(body, "type") == "document"
    return str(member(body, "id") or "") if is_document else ""


def codes_in(answer: Exchange) -> list[str]:
    """Returns the texts of the health certificates in an answer: as it is, within JSON, and in
    attachments as text or as picture.
    """
    texts = [answer.body.decode("utf-8", "replace"), *_strings(answer.json)]
    for data in [data for text in texts[1:] if (data := read_base64(text))]:
        texts.append(data.decode("utf-8", "replace"))
        texts += _in_picture(data)
    return list(dict.fromkeys(text.strip("\r\n\t") for text in texts if text.startswith("HC1:")))


def _in_picture(data: bytes) -> list[str]:
    from sandbox.certificates.qr import NoPicture, texts_in

    try:
        return texts_in(data)
    except NoPicture:
        return []


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _compared(
    medicines: list[Mapping[str, Any]], statements: tuple[Json, ...]
) -> Iterator[Finding]:
    """Yields which medicines lack, and where one is told otherwise than the document tells it."""
    for statement in statements:
        expected = claim_of(statement)
        told = next((each for each in medicines if each.get("m") == expected["m"]), None)
        if told is None:
            found = ", ".join(str(each.get("m")) for each in medicines) or "–"
            yield finding_at(
                "meow_issuer.no_medicine", "error", "m", CLAIM, expected=expected["m"], found=found
            )
            continue
        for letter in LETTERS:
            value = told.get(letter)
            # left out is less than the document says; another value is another medicine's
            if value is None and letter in expected:
                yield finding_at(
                    "meow_issuer.left_out",
                    "warning",
                    f"m.{letter}",
                    CLAIM,
                    expected=expected[letter],
                )
            elif value is not None and str(value) != expected.get(letter):
                yield finding_at(
                    "meow_issuer.other_value",
                    "error",
                    f"m.{letter}",
                    CLAIM,
                    expected=expected.get(letter, "–"),
                    found=str(value),
                )


def _medicines(text: str) -> list[Mapping[str, Any]]:
    return [each for each in as_list(_content(text).get("m")) if isinstance(each, Mapping)]


def _content(text: str) -> Mapping[str, Any]:
    from sandbox.certificates.hcert import read

    content = read(text).content
    return content if isinstance(content, Mapping) else {}


def _asking(place: str, *, statement: str = "") -> Request:
    query = {"medicationStatementId": statement} if statement else {}
    return get(f"Bundle/{place}/$meow", query)


def _refused(answer: Exchange) -> Iterator[Finding]:
    if not 400 <= answer.status < 500:
        yield finding_at(
            "meow_issuer.not_refused",
            "error",
            "status",
            CLAUSE,
            expected="4xx",
            found=str(answer.status),
        )
    elif member(answer.json, "resourceType") != "OperationOutcome":
        clause = "FHIR R4 http.html#Status-Codes"
        yield finding_at(
            "meow_issuer.no_outcome", "warning", "body", clause, expected="OperationOutcome"
        )


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str = CLAUSE,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
    after: Mapping[str, str] | None = None,
) -> Test:
    words = name or getattr(script, "__name__", "")
    return Test(f"meow.issuer.{words}", number, clause, script, "", needs, after or {})


_STORED = {"stored": "MEO-01"}
_READ = {"readable": "MEO-02"}
TESTS = (
    _test("MEO-01", stores),
    _test("MEO-02", signs, after=_STORED),
    _test("MEO-03", is_overview, CLAIM, after=_READ),
    _test("MEO-04", names_person, CLAIM, after=_READ),
    _test("MEO-05", names_medicines, CLAIM, after=_READ),
    _test("MEO-06", leaves_out, STATUS, after=_READ),
    _test("MEO-07", one_of_them, after=_STORED),
    _test("MEO-08", partial(judged, part=IN_FORCE), IN_FORCE.clause, "in_force", after=_READ),
    _test("MEO-09", only_essentials, CLAIM, after=_READ),
    _test("MEO-10", trust_list, "GDHCN trust list v2", needs=("trustlist",)),
    _test(
        "MEO-11",
        partial(judged, part=SIGNED),
        SIGNED.clause,
        "signed",
        after={**_READ, "keys": "MEO-10"},
    ),
    _test("MEO-12", refuses_unknown_medicine, after=_STORED),
    _test("MEO-13", refuses_unknown_document, after=_STORED),
    _test("MEO-14", refuses_nothing_taken, STATUS, after=_STORED),
)
TRACK = Track("meow.issuer", "meow_issuer", TESTS, actor="content-creator")
