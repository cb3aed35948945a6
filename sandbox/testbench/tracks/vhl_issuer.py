"""VHL Sharer and SMART Health Link sharing server: a link as somebody holds it, and what is behind
it.

Inputs: `certificate` is the text of the code, a signed certificate with a link or the link alone;
`verifiable` where it must be the former; `passcode` where one is asked for; `trustlist` for the
signature.  No test spends the last attempts of a passcode.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin

from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Finding, Severity
from sandbox.testbench.inputs import Input
from sandbox.testbench.reading import resource_in
from sandbox.testbench.script import (
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    finding_at,
    nothing_there,
)
from sandbox.testbench.tracks.hcert_content import Part, judged, trust_list
from sandbox.testbench.tracks.vhl_issuer_manifest import (
    MANIFEST,
    is_count,
    is_file,
    is_health,
    of_manifest,
)

if TYPE_CHECKING:  # what reads links is imported where it is needed: it takes a tenth of a second
    from sandbox.certificates.links import Link

CLAUSE = "SMART Health Links 1"
VERIFIABLE = "VHL 1.0.0-comment ITI-YY3, HCERT 1.1.1 3.3"
FILES, CORS = (f"{CLAUSE} {part}" for part in ("files", "CORS"))
RECIPIENT = "connectathon sandbox"
ORIGIN = "https://viewer.example"
WRONG = "a passcode that nobody chose"
MOST = 40  # findings of one test that are told
CARRIER = Part(
    "VHI-02", "carrier", "HCERT 1.1.1 3.3, VHL 1.0.0-comment", ("claims", "dialect", "schema")
)
SIGNED = Part(
    "VHI-04", "signed", "HCERT 1.1.1 4, RFC 9052 4.4", ("trust", "signature"), is_trusting=True
)


def holds_link(given: Given) -> Script:
    """The text is a link, or a certificate with one (VHI-01)."""
    from sandbox.certificates.hcert import read
    from sandbox.certificates.links import is_link, links_in, read_link

    text = given["certificate"]
    certificate = None if is_link(text) else read(text)
    links = [text] if certificate is None else links_in(certificate.content)
    link = read_link(links[0], at=datetime.fromisoformat(given["now"]))[1] if links else None
    if certificate is not None and not links:
        yield finding_at(
            "vhl_issuer.no_link",
            "error",
            "certificate",
            CLAUSE,
            found=certificate.form or certificate.verdict,
        )
        return {}
    if link is None:
        steps = read_link(links[0], at=datetime.fromisoformat(given["now"]))[0].steps
        yield from [
            finding for step in steps for finding in step.findings if finding.severity == "error"
        ][:MOST]
        return {}
    return {"link": links[0]}


def verifiable(given: Given) -> Script:
    """The link stands in a signed certificate, by which whoever scans it knows its issuer (VHI-15).

    A link of SMART Health Links may stand alone; one that is to be verified must not.
    """
    from sandbox.certificates.links import is_link

    text = given["certificate"]
    if not is_link(text):
        return {"readable": text}
    if given.get("verifiable"):
        yield finding_at(
            "vhl_issuer.not_signed",
            "error",
            "certificate",
            VERIFIABLE,
            expected="HC1:…",
            found=text[:12],
        )
    else:
        yield nothing_there()
    return {}


def link_written(given: Given) -> Script:
    """The link is written as specified: prefix, encoding, key, flags, label (VHI-05)."""
    from sandbox.certificates.links import read_link

    certificate, _ = read_link(given["link"], at=datetime.fromisoformat(given["now"]))
    yield from [
        finding
        for step in certificate.steps
        if step.name != "validity"
        for finding in step.findings
    ][:MOST]


def link_ends(given: Given) -> Script:
    """The link is in force, and it ends one day (VHI-06)."""
    from sandbox.certificates.links import read_link

    certificate, link = read_link(given["link"], at=datetime.fromisoformat(given["now"]))
    yield from certificate.step("validity").findings
    if link is not None and link.expires is None:
        yield finding_at("vhl_issuer.endless", "warning", "exp", CLAUSE)


def asks_who(given: Given) -> Script:
    """Whoever does not say who asks gets nothing (VHI-07)."""
    link = _link(given)
    answer = yield _direct(link, "") if link.is_direct else _asking(link, given, recipient="")
    if answer.status == 200:
        yield finding_at("vhl_issuer.anybody", "warning", "recipient", MANIFEST, expected="400")


def wrong_passcode(given: Given) -> Script:
    """A wrong passcode is refused with the attempts that are left (VHI-08)."""
    link = _link(given)
    if not link.needs_passcode:
        yield nothing_there()
        return
    answer = yield _asking(link, given, passcode=WRONG)
    # the specification names the status; another refusal keeps the passcode as well, so it is less
    if answer.status != 401:
        severity: Severity = "error" if answer.status == 200 else "warning"
        yield finding_at(
            "vhl_issuer.passcode_not_asked",
            severity,
            "passcode",
            MANIFEST,
            expected="401",
            found=answer_text(answer),
        )
    elif not is_count(member(answer.json, "remainingAttempts")):
        yield finding_at(
            "vhl_issuer.no_attempts",
            "warning",
            "remainingAttempts",
            MANIFEST,
            found=str(member(answer.json, "remainingAttempts")),
        )


def has_manifest(given: Given) -> Script:
    """With the passcode the manifest comes, and names files (VHI-09)."""
    link = _link(given)
    if link.is_direct:
        answer = yield _direct(link, RECIPIENT)
        yield nothing_there()
        return {"manifest": "-", **({"shared": "yes"} if is_file(answer) else {})}
    # only the link tells whether there is one, so that it cannot be among what the test needs
    if link.needs_passcode and not given.get("passcode"):
        yield Finding(
            "testbench.missing_input",
            "information",
            "testbench.missing_input",
            {"name": "passcode"},
        )
        return {}
    answer = yield _asking(link, given, passcode=given.get("passcode", ""))
    files = member(answer.json, "files")
    if answer.status != 200 or not isinstance(files, list) or not files:
        yield finding_at(
            "vhl_issuer.no_manifest",
            "error",
            "files",
            MANIFEST,
            expected="200 {files}",
            found=answer_text(answer),
        )
        return {}
    yield from of_manifest(files[:MOST])
    return {"manifest": write_json(files).decode(), "shared": "yes"}


def for_viewers(given: Given) -> Script:
    """Viewers in a browser may ask: the answer allows other origins (VHI-10)."""
    link = _link(given)
    asked = (
        _direct(link, RECIPIENT)
        if link.is_direct
        else _asking(link, given, passcode=given.get("passcode", ""))
    )
    # a server may allow any origin, or the one that asks
    answer = yield Request(asked.method, asked.url, {**asked.headers, "Origin": ORIGIN}, asked.body)
    if answer.header("access-control-allow-origin") not in ("*", ORIGIN):
        yield finding_at(
            "vhl_issuer.no_cors",
            "warning",
            "Access-Control-Allow-Origin",
            CORS,
            expected="*",
            found=answer.header("access-control-allow-origin") or "–",
        )


def sealed_files(given: Given) -> Script:
    """Each file comes sealed, and the key of the link opens it (VHI-11)."""
    from sandbox.certificates.links import NotOpened, opened

    link = _link(given)
    contents = list[str]()
    for where, file in _files(given, link):
        text = file if isinstance(file, str) else ""
        if isinstance(file, Request):
            answer = yield file
            if answer.status != 200:
                yield finding_at(
                    "vhl_issuer.no_file",
                    "error",
                    where,
                    FILES,
                    expected="200",
                    found=answer_text(answer),
                )
                continue
            text = answer.body.decode("utf-8", "replace")
        # the event's VHL service gives the summary in the open
        if text.lstrip()[:1] == "{":
            is_tolerated = is_health(resource_in(text.encode()))
            severity: Severity = "warning" if is_tolerated else "error"
            yield finding_at("vhl_issuer.open_file", severity, where, FILES)
            contents.append(text)
            continue
        try:
            contents.append(opened(text, link.key)[0].decode("utf-8", "replace"))
        except NotOpened as error:
            key = f"links.{error.reason}"
            yield Finding(key, "error", key, {"place": where}, where=where, clause=FILES)
    return {"contents": json.dumps(contents)} if contents else {}


def health_content(given: Given) -> Script:
    """What is in the files is a FHIR resource or a health card (VHI-12)."""
    for index, text in enumerate(json.loads(given["contents"])):
        if not is_health(resource_in(text.encode())):
            yield finding_at(
                "vhl_issuer.no_health_data",
                "error",
                f"files[{index}]",
                FILES,
                expected="resourceType | verifiableCredential",
                found=text[:60],
            )


def no_other(given: Given) -> Script:
    """Another address than the link's leads nowhere (VHI-13)."""
    link = _link(given)
    secret = link.secret
    # nearly the right one: a server that looks at its beginning alone would answer
    near = f"{secret[:-4]}AAAA" if len(secret) > 8 else "A" * 43
    head, _, tail = link.url.rpartition(secret or "/")
    guessed = f"{head}{near}{tail}" if secret else f"{link.url.rstrip('/')}/{near}"
    asked = _asking(link, given, passcode=given.get("passcode", ""))
    answer = yield Request(asked.method, guessed, asked.headers, asked.body)
    if answer.status != 404:
        is_given = answer.status == 200
        key = "vhl_issuer.guessed" if is_given else "vhl_issuer.other_refusal"
        severity: Severity = "error" if is_given else "information"
        found = str(answer.status)
        yield finding_at(key, severity, "url", MANIFEST, expected="404", found=found)


def long_address(given: Given) -> Script:
    """The address cannot be guessed: it has 256 bits (VHI-14)."""
    secret = _link(given).secret
    # 22 letters of base64url are 128 bits, which nobody guesses; 256 are asked for
    if len(secret) < 22:
        yield finding_at(
            "vhl_issuer.short_address",
            "warning",
            "url",
            f"{CLAUSE} url",
            expected="43",
            found=str(len(secret)),
        )


def _link(given: Given) -> Link:
    from sandbox.certificates.links import read_link

    link = read_link(given["link"], at=datetime.fromisoformat(given["now"]))[1]
    if link is None:
        raise ValueError("a link that was read before")
    return link


def _asking(link: Link, given: Given, *, recipient: str = RECIPIENT, passcode: str = "") -> Request:
    body: Json = {
        **({"recipient": recipient} if recipient else {}),
        **({"passcode": passcode} if passcode else {}),
    }
    if not recipient and given.get("passcode"):
        body["passcode"] = given["passcode"]
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request("POST", link.url, headers, json.dumps(body).encode())


def _direct(link: Link, recipient: str) -> Request:
    query = f"?{urlencode({'recipient': recipient})}" if recipient else ""
    return Request("GET", f"{link.url}{query}", {"Accept": "application/jose, application/json"})


def _files(given: Given, link: Link) -> Iterator[tuple[str, str | Request]]:
    """Yields each file with its place: its text, or how to get it."""
    if link.is_direct:
        yield "url", _direct(link, RECIPIENT)
        return
    for index, file in enumerate(as_list(json.loads(given["manifest"]))[:MOST]):
        embedded = member(file, "embedded")
        location = member(file, "location")
        if isinstance(embedded, str):
            yield f"files[{index}].embedded", embedded
        elif isinstance(location, str):
            yield (
                f"files[{index}].location",
                Request("GET", urljoin(link.url, location), {"Accept": "application/jose"}),
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
    id = f"vhl.issuer.{name or getattr(script, '__name__', '')}"
    return Test(id, number, clause, script, "07", needs, after or {}, ("passcode",))


_LINK = {"link": "VHI-01"}
_SIGNED = {"readable": "VHI-15"}
_THERE = {**_LINK, "manifest": "VHI-09"}
_SHARED = {**_LINK, "shared": "VHI-09"}
TESTS = (
    _test("VHI-01", holds_link, needs=("certificate",)),
    replace(_test("VHI-15", verifiable, VERIFIABLE, after=_LINK), takes=("verifiable",)),
    _test("VHI-02", partial(judged, part=CARRIER), CARRIER.clause, "carrier", after=_SIGNED),
    _test("VHI-03", trust_list, "GDHCN trust list v2", needs=("trustlist",), after=_SIGNED),
    _test(
        "VHI-04",
        partial(judged, part=SIGNED),
        SIGNED.clause,
        "signed",
        after={**_SIGNED, "keys": "VHI-03"},
    ),
    _test("VHI-05", link_written, after=_LINK),
    _test("VHI-06", link_ends, after=_LINK),
    _test("VHI-09", has_manifest, MANIFEST, after=_LINK),
    # only who gives a file to those who ask rightly has refused it to others
    _test("VHI-07", asks_who, MANIFEST, after=_SHARED),
    _test("VHI-08", wrong_passcode, MANIFEST, after=_SHARED),
    _test("VHI-10", for_viewers, CORS, after=_SHARED),
    _test("VHI-11", sealed_files, FILES, after=_THERE),
    _test("VHI-12", health_content, FILES, after={"contents": "VHI-11"}),
    _test("VHI-13", no_other, MANIFEST, after=_SHARED),
    _test("VHI-14", long_address, f"{CLAUSE} url", after=_LINK),
)
TRACK = Track(
    "vhl.issuer",
    "vhl_issuer",
    TESTS,
    actor="vhl-sharer",
    inputs={"passcode": Input("document", is_secret=True), "verifiable": Input("yes")},
)
