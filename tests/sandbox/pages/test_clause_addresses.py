"""Clauses lead to the text of their standard, where that is public."""

from __future__ import annotations

import re

import pytest

from sandbox.pages.clause_addresses import PLACES, linked_parts
from sandbox.pages.home import render
from sandbox.testbench.tracks import TRACKS

MHD = "https://profiles.ihe.net/ITI/MHD"
UNPUBLISHED = re.compile(r"(LACPASS|LACPass|LACChain|RACSEL|ECDH-1PU)\b")
"""What an event or a network wrote for itself, or what stands in a file alone."""


@pytest.mark.parametrize(
    ("clause", "addresses"),
    [
        ("FHIR R4 http.html#create", ["https://hl7.org/fhir/R4/http.html#create"]),
        (
            "FHIR R4 http.html#create, #read",
            ["https://hl7.org/fhir/R4/http.html#create", "https://hl7.org/fhir/R4/http.html#read"],
        ),
        (
            "FHIR R4 MedicationStatement.status",
            [
                "https://hl7.org/fhir/R4/medicationstatement-definitions.html#MedicationStatement.status"
            ],
        ),
        (
            "FHIR R4 Attachment.hash",
            ["https://hl7.org/fhir/R4/datatypes-definitions.html#Attachment.hash"],
        ),
        ("MHD 3:4.65.4.1.2.1", [f"{MHD}/ITI-65.html#23654121-bundle-resources"]),
        ("MHD 3:4.106.4.1.3", [f"{MHD}/ITI-106.html#23106413-expected-actions"]),
        ("MHD 3:4.105", [f"{MHD}/ITI-105.html"]),
        (
            "MHD 3:4.66.4.1.2, 3:4.67.4.1.2",
            [
                f"{MHD}/ITI-66.html#2366412-message-semantics",
                f"{MHD}/ITI-67.html#2367412-message-semantics",
            ],
        ),
        # elements behind the first are of the same profile
        (
            "IHE.MHD.Minimal.SubmissionSet sourceId, date, mode, status",
            [f"{MHD}/StructureDefinition-IHE.MHD.Minimal.SubmissionSet.html"] * 4,
        ),
        ("IHE.MHD ProvideBundle, DocumentReference", [f"{MHD}/artifacts.html"] * 2),
        ("FHIR R4 bundle.html bdl-3, bdl-7", ["https://hl7.org/fhir/R4/bundle.html"] * 2),
        (
            "IPS 2.0.0 DeviceUseStatement-uv-ips, Device-uv-ips",
            [
                f"https://hl7.org/fhir/uv/ips/StructureDefinition-{name}-uv-ips.html"
                for name in ("DeviceUseStatement", "Device")
            ],
        ),
        (
            "RFC 9052 4.2, 4.4",
            [f"https://www.rfc-editor.org/rfc/rfc9052#section-{n}" for n in ("4.2", "4.4")],
        ),
        (
            "IHE.MHD.Minimal.DocumentReference masterIdentifier",
            [
                "https://profiles.ihe.net/ITI/MHD/StructureDefinition-IHE.MHD.Minimal.DocumentReference.html"
            ],
        ),
        ("RFC 9110 15.6.3", ["https://www.rfc-editor.org/rfc/rfc9110#section-15.6.3"]),
        ("RFC 1950", ["https://www.rfc-editor.org/rfc/rfc1950"]),
        (
            "HCERT 1.1.1 3.3, RFC 8392 3.1",
            [
                "https://github.com/ehn-dcc-development/eu-dcc-hcert-spec/blob/main/hcert_spec.md",
                "https://www.rfc-editor.org/rfc/rfc8392#section-3.1",
            ],
        ),
        (
            "OpenID4VCI 1.0 8.3.1.2, F.4",
            [
                "https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-8.3.1.2",
                "https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-F.4",
            ],
        ),
        (
            "IPS 2.0.0 Bundle-uv-ips",
            ["https://hl7.org/fhir/uv/ips/StructureDefinition-Bundle-uv-ips.html"],
        ),
        (
            "ITI TF-2 3.95, 3.97",
            [f"https://profiles.ihe.net/ITI/SVCM/ITI-{n}.html" for n in (95, 97)],
        ),
        ("SD-JWT VC 2.2.2.2", ["https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/"]),
        ("RACSEL 2026 $meow", []),
        ("", []),
    ],
)
def test_each_place_of_a_clause_has_the_address_of_its_text(
    clause: str, addresses: list[str]
) -> None:
    parts = linked_parts(clause)
    assert "".join(text for text, _ in parts) == clause
    assert [address for _, address in parts if address] == addresses


def test_every_clause_of_the_bench_is_linked_or_known_to_stand_nowhere() -> None:
    clauses = {test.clause for track in TRACKS.values() for test in track.tests if test.clause}
    silent = {
        clause for clause in clauses if not any(address for _, address in linked_parts(clause))
    }
    assert {clause for clause in silent if not UNPUBLISHED.match(clause)} == set()


def test_addresses_are_public_and_encrypted() -> None:
    assert all(address.startswith("https://") for _, _, address in PLACES)


@pytest.mark.parametrize(
    ("clause", "shown"),
    [
        (
            "RFC 1950",
            '<a href="https://www.rfc-editor.org/rfc/rfc1950" rel="noopener">RFC 1950</a>',
        ),
        ("<b>x</b>", "<cite>&lt;b&gt;x&lt;/b&gt;</cite>"),
    ],
)
def test_a_page_links_a_clause_and_leaves_what_is_none_as_text(clause: str, shown: str) -> None:
    page = render("clause.html", "es", text=clause, root="")
    assert shown in page
