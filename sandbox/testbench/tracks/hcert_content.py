"""Certificate content (HCERT 1.1.1): the text of one QR code, judged step by step.

Inputs: `certificate` is the text of the code; `trustlist` the address of a DID document with the
keys that are trusted, such as `/v2/trustlist/DCC/CHL/DSC/did.json` of a sandbox.  The findings are
those of verifying; here stands which test each belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.findings import Finding
from sandbox.testbench.reading import resource_in
from sandbox.testbench.script import Given, Request, Script, Test, Track, answer_text, nothing_there

# what reads certificates is imported where it is needed: it takes a tenth of a second
if TYPE_CHECKING:
    from sandbox.certificates.dialects import Dialect, Node
    from sandbox.certificates.steps import StepName

MOST = 40  # findings of one test that are told
READING: tuple[StepName, ...] = ("base45", "inflate", "cose", "claims")
# what is odd there belongs to no other test
UNWRAPPING: tuple[StepName, ...] = ("base45", "inflate")


@dataclass(frozen=True, slots=True)
class Part:
    """A test about some steps of a certificate."""

    number: str
    name: str
    clause: str
    steps: tuple[StepName, ...]
    is_trusting: bool = False
    only: tuple[str, ...] = ()
    """The findings that it is about, where it is not about all of its steps."""


PARTS = (
    Part("HCC-02", "prefix", "HCERT 1.1.1 5", ("prefix",)),
    Part("HCC-03", "envelope", "HCERT 1.1.1 3.3, RFC 9052 4.2", ("cose", "kid")),
    Part("HCC-04", "claims", "HCERT 1.1.1 3.3, RFC 8392 3.1", ("claims",)),
    Part("HCC-05", "dialect", "HCERT 1.1.1 3.3", ("dialect",)),
    Part(
        "HCC-06",
        "fields",
        "EU DCC 1.3.3, DDCC 1.0.0, SMART ICVP 0.3.0, VHL 1.0.0-comment",
        ("schema",),
    ),
    Part("HCC-07", "in_force", "HCERT 1.1.1 3.3.4", ("validity",)),
    Part(
        "HCC-09", "signed", "HCERT 1.1.1 4, RFC 9052 4.4", ("trust", "signature"), is_trusting=True
    ),
    Part("HCC-10", "key_usage", "HCERT 1.1.1 A.6", ("key_usage",), is_trusting=True),
    Part(
        "HCC-12",
        "within_key",
        "HCERT 1.1.1 3.3.5",
        ("validity",),
        is_trusting=True,
        only=("before_key", "longer_than_key", "key_expired", "key_not_yet"),
    ),
)


def readable(given: Given) -> Script:
    """The text can be read down to its claims, whatever else is wrong with it (HCC-01)."""
    from sandbox.certificates.hcert import read

    certificate = read(given["certificate"])
    for step in certificate.steps:
        if step.name in UNWRAPPING:
            yield from step.findings
        elif step.name in READING or certificate.claims is None:
            yield from [finding for finding in step.findings if finding.severity == "error"]
    return {"readable": given["certificate"]} if certificate.claims is not None else {}


def judged(given: Given, *, part: Part) -> Script:
    """What verifying finds at some steps; what it did not come to is told as that, and passes
    nothing.
    """
    from sandbox.certificates.keys import KeyList
    from sandbox.certificates.verifying import verify
    from sandbox.trust.documents import read_list

    now = datetime.fromisoformat(given["now"])
    keys = KeyList()
    if part.is_trusting:
        judged = read_list(resource_in(given["keys"].encode()), at=now)
        keys = KeyList(judged.keys, refused=judged.refused)
    certificate = verify(given["readable"], keys, at=now)
    steps = [certificate.step(name) for name in part.steps]
    told = [finding for step in steps for finding in step.findings]
    only = {f"certificates.{name}" for name in part.only}
    findings = [finding for finding in told if not only or finding.key in only][:MOST]
    # verifying stops at a broken step: what it never came to would look as if it were right
    is_done = all(step.status != "skipped" for step in steps)
    yield from findings or ([] if is_done else [nothing_there()])
    return {part.name: "yes"} if is_done and all(step.status != "fail" for step in steps) else {}


def trust_list(given: Given) -> Script:
    """The trust list can be fetched and read (HCC-08)."""
    from sandbox.trust.documents import read_list

    answer = yield Request("GET", given["trustlist"], {"Accept": "application/json"})
    document = resource_in(answer.body) if answer.status == 200 else None
    if document is None:
        key = "hcert_content.no_list"
        yield Finding(
            key,
            "error",
            key,
            where=answer.url,
            found=answer_text(answer),
            clause="GDHCN trust list v2",
        )
        return {}
    judged = read_list(document, at=datetime.fromisoformat(given["now"]))
    # whoever publishes a network's list is not to blame for the entries of others
    has_keys = bool(judged.keys)
    yield from [
        replace(finding, severity="warning")
        if has_keys and finding.severity == "error"
        else finding
        for finding in judged.findings
    ][:MOST]
    return {"keys": answer.body.decode("utf-8", "replace")}


def only_essentials(given: Given) -> Script:
    """Nothing is in it but what its dialect has: what a verifier does not need is not shown to all
    (HCC-11).
    """
    from sandbox.certificates.hcert import read

    certificate = read(given["readable"])
    if certificate.dialect is not None:
        yield from [
            _extra(where, certificate.dialect)
            for where in _beyond(certificate.dialect.tree, certificate.content, "")
        ][:MOST]


def _beyond(nodes: Mapping[str, Node], content: Any, where: str) -> Iterator[str]:
    """Yields the places that a dialect does not know."""
    if not isinstance(content, Mapping):
        return
    for name, value in content.items():
        place = f"{where}.{name}" if where else str(name)
        node = nodes.get(str(name))
        if node is None:
            yield place
        elif node.children:
            for item in value if isinstance(value, list) else [value]:
                yield from _beyond(node.children, item, place)


def _extra(where: str, dialect: Dialect) -> Finding:
    key = "hcert_content.extra"
    return Finding(key, "warning", key, {"place": where}, where=where, clause=dialect.clause)


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
    after: Mapping[str, str] | None = None,
) -> Test:
    words = name or getattr(script, "__name__", "")
    return Test(f"hcert.content.{words}", number, clause, script, "05", needs, after or {})


_READ = {"readable": "HCC-01"}
_LISTED = {"readable": "HCC-01", "keys": "HCC-08"}
_KNOWN = {**_READ, "dialect": "HCC-05"}
_BEHIND = {
    "fields": _KNOWN, "signed": _LISTED, "key_usage": {**_LISTED, "signed": "HCC-09"},
    "within_key": {**_LISTED, "signed": "HCC-09"},
}  # fmt: skip
TESTS = (
    _test("HCC-01", readable, "HCERT 1.1.1 3, RFC 9285, RFC 1950", needs=("certificate",)),
    *(
        _test(
            part.number,
            partial(judged, part=part),
            part.clause,
            part.name,
            after=_BEHIND.get(part.name, _READ),
        )
        for part in PARTS
    ),
    _test("HCC-08", trust_list, "GDHCN trust list v2", needs=("trustlist",)),
    _test("HCC-11", only_essentials, "EU DCC 1.3.3, DDCC 1.0.0, SMART ICVP 0.3.0", after=_KNOWN),
)
TRACK = Track(
    "hcert.content",
    "hcert_content",
    tuple(sorted(TESTS, key=lambda test: test.number)),
    actor="content-creator",
)
