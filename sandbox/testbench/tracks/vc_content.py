"""Content of credentials (W3C VCDM 2.0 and 1.1, SD-JWT VC, Data Integrity, JOSE): one that was
issued, judged step by step.

Inputs: `credential` is the text, in any of these forms; `trustlist` the address of a DID document
with the keys that are trusted; `resolver` the address that answers for DIDs in a registry.  The
findings are those of verifying; here stands which test each belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.findings import Finding
from sandbox.testbench.inputs import Input
from sandbox.testbench.reading import resource_in
from sandbox.testbench.script import (
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    depends_on,
    finding_at,
    nothing_there,
)

if TYPE_CHECKING:  # what reads credentials is imported where it is needed: it takes its time
    from sandbox.certificates.steps import StepName

MOST = 40  # findings of one test that are told
UNCHECKED = ("credentials.unknown_context",)
"""By which keys it is told that a signature could not be checked."""
PROOF: tuple[StepName, ...] = ("suite", "disclosures", "signature")
OWNER: tuple[StepName, ...] = ("key", "relation", "controller")
ALL_BUT_TRUST: tuple[StepName, ...] = (
    "form", "schema", *OWNER, *PROOF, "validity", "status",
)  # fmt: skip


def data_model(given: Given) -> Script:
    """It can be read, and is as its data model says (VCC-C01)."""
    from sandbox.testbench.credential_ground import findings_of, judged

    report = judged(given["credential"], given, {})
    shown = [part for part in [report, *report.parts] if part is report or part.claims is None]
    yield from [finding for part in shown for finding in findings_of(part, "form", "schema")][:MOST]
    return {"readable": given["credential"]} if report.claims is not None else {}


def owner_of_key(given: Given) -> Script:
    """The key that signs is found, is for that, and is its issuer's (VCC-C03)."""
    from sandbox.testbench.credential_ground import (
        findings_of,
        gathered,
        registered,
        written_documents,
    )

    came = yield from gathered(given["readable"], given, {}, has_lists=False)
    report = came.report
    if registered(report) and not given.get("resolver"):
        words = {"name": "resolver"}
        yield Finding("testbench.missing_input", "information", "testbench.missing_input", words)
        return {}
    for place, found in came.missing.items():
        yield finding_at("vc_content.no_key_there", "error", place, "DID 1.0 7.1", found=found)
    if report.step("key").status != "skipped":
        yield from findings_of(report, *OWNER)[:MOST]
    elif not came.missing:
        yield nothing_there()
    is_there = report.step("key").status in ("ok", "warn")
    return {"documents": written_documents(came.documents)} if is_there else {}


def proof(given: Given) -> Script:
    """Its proof is of a suite that is known, and right (VCC-C02)."""
    from sandbox.testbench.credential_ground import documents_in, findings_of, judged

    report = judged(given["readable"], given, documents_in(given))
    findings = findings_of(report, *PROOF)[:MOST]
    yield from findings
    is_told = any(finding.severity == "error" or finding.key in UNCHECKED for finding in findings)
    # what was never tried would look as if it were right
    if not is_told and report.step("signature").status == "skipped":
        yield depends_on("VCC-C03")


def in_force(given: Given) -> Script:
    """It is in force (VCC-C04)."""
    from sandbox.testbench.credential_ground import findings_of, judged

    report = judged(given["readable"], given, {})
    yield from findings_of(report, "validity")[:MOST]
    if report.step("validity").status == "skipped":
        yield depends_on("VCC-C02")


def status(given: Given) -> Script:
    """It was not taken back, as its status list says (VCC-C05)."""
    from sandbox.credentials.status.checking import entries_of
    from sandbox.testbench.credential_ground import documents_in, findings_of, gathered

    came = yield from gathered(given["readable"], given, documents_in(given), has_lists=True)
    findings = findings_of(came.report, "status")
    for place, found in came.missing.items():
        yield finding_at(
            "vc_content.no_list_there",
            "error",
            place,
            "W3C Bitstring Status List 1.0 3.2",
            found=found,
        )
    yield from [finding for finding in findings if not came.missing or finding.severity == "error"]
    if not entries_of(came.report) and not findings:
        yield nothing_there()


def trust(given: Given) -> Script:
    """Its key stands in the trust list, and is in force there (VCC-C06)."""
    from sandbox.testbench.credential_ground import documents_in, findings_of, judged
    from sandbox.trust.documents import read_list

    answer = yield Request("GET", given["trustlist"], {"Accept": "application/json"})
    document = resource_in(answer.body) if answer.status == 200 else None
    if document is None:
        yield finding_at(
            "vc_content.no_trust_list",
            "error",
            answer.url,
            "GDHCN trust list v2",
            found=answer_text(answer),
        )
        return
    listed = read_list(document, at=datetime.fromisoformat(given["now"]))
    report = judged(given["readable"], given, documents_in(given), keys=listed.keys)
    # whose key it is says nothing where the key has not signed
    is_signed = report.step("signature").status in ("ok", "warn")
    if not is_signed or report.step("trust").status == "skipped":
        yield depends_on("VCC-C02")
        return
    yield from findings_of(report, "trust")[:MOST]


def of_2023(given: Given) -> Script:
    """A credential of the component of 2023 is told as that, its deviations by name (VCC-C07)."""
    from sandbox.credentials.dialect_2023 import deviations, is_of_2023
    from sandbox.testbench.credential_ground import document_in, documents_in, judged

    document = document_in(given["readable"])
    if document is None or not is_of_2023(document):
        yield nothing_there()
        return
    yield from list(deviations(document))[:MOST]
    report = judged(given["readable"], given, documents_in(given))
    lost = [each for each in report.step("signature").findings if each.key == "credentials.lost_y"]
    yield from lost[:1]


def only_essentials(given: Given) -> Script:
    """It says no more than whoever reads it needs (VCC-C08)."""
    from sandbox.credentials.essentials import beyond_essentials
    from sandbox.testbench.credential_ground import judged

    places = beyond_essentials(judged(given["readable"], given, {}))
    if places is None:
        yield nothing_there()
        return
    for place in places[:MOST]:
        yield finding_at("vc_content.extra", "warning", place, "VCDM 2.0 8.6, GDHCN 1")


def issued(given: Given) -> Script:
    """What an issuer gave out passes these tests, but for whom to believe (VCI-I20)."""
    from sandbox.testbench.credential_ground import findings_of, gathered

    at = datetime.fromisoformat(given["issued_at"])
    came = yield from gathered(given["issued"], given, {}, has_lists=True, at=at)
    for place, found in came.missing.items():
        yield finding_at(
            "vc_content.no_list_there", "error", place, "OpenID4VCI 1.0 8.3", found=found
        )
    yield from findings_of(came.report, *ALL_BUT_TRUST)[:MOST]


@dataclass(frozen=True, slots=True)
class _Row:
    """A test, in the order in which they are played: what C03 fetches serves those behind."""

    number: str
    script: Callable[[Given], Script]
    clause: str
    after: Mapping[str, str]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    is_optional: bool = False


_READ = {"readable": "VCC-C01"}
_FOUND = {**_READ, "documents": "VCC-C03"}
ROWS = (
    _Row("VCC-C01", data_model, "VCDM 2.0 4, SD-JWT VC 2.2", {}, ("credential",)),
    _Row("VCC-C03", owner_of_key, "W3C CID 1.0 2.3, 3.3, SD-JWT VC 3.5", _READ, (), ("resolver",)),
    _Row("VCC-C02", proof, "VC Data Integrity 1.0 4.4, RFC 7515 5.2, RFC 9901 7.1", _READ),
    _Row("VCC-C04", in_force, "VCDM 2.0 4.9, RFC 7519 4.1", _READ),
    _Row("VCC-C05", status, "W3C Bitstring Status List 1.0, IETF Token Status List", _FOUND),
    # an issuer may be known by its DID alone
    _Row("VCC-C06", trust, "GDHCN trust list v2", _FOUND, ("trustlist",), is_optional=True),
    _Row("VCC-C07", of_2023, "LACPASS 2023", _READ),
    _Row("VCC-C08", only_essentials, "VCDM 2.0 8.6", _READ),
)


def _test(row: _Row) -> Test:
    name = getattr(row.script, "__name__", "")
    id = f"vc.content.{name}"
    return Test(
        id,
        row.number,
        row.clause,
        row.script,
        "11",
        needs=row.needs,
        after=row.after,
        takes=row.takes,
        is_optional=row.is_optional,
    )


TRACK = Track(
    "vc.content",
    "vc_content",
    tuple(_test(row) for row in ROWS),
    actor="content-creator",
    inputs={"credential": Input("document"), "resolver": Input("address")},
)
