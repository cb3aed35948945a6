"""Where the text of a standard is published: what a clause begins with, and the address that it
leads to.

A clause names its standard first and then places in it, several after a comma or a semicolon.  What
has no public address, or none that can be told from its clause, stays text.  Nothing here is asked
for: without a network a link is a link.
"""

from __future__ import annotations

import re
from functools import lru_cache

SECTION = r"([0-9A-Z]+(?:\.[0-9]+)*)"
R4 = "https://hl7.org/fhir/R4"
IHE = "https://profiles.ihe.net/ITI"
BINDING = f"{IHE}/sIPS/pcc.html#41-medical-document-binding-to-document-sharing-metadata"
OPENID = "https://openid.net/specs/openid-4-verifiable"
W3C = "https://www.w3.org/TR"
EHN = "https://github.com/ehn-dcc-development"
DRAFTS = "https://datatracker.ietf.org/doc/draft-ietf-oauth"
# What a clause begins with, what follows and fills the address.  The first that fits counts.
PLACES = (
    ("FHIR R4", r"([a-z0-9-]+\.html(?:#[\w.-]+)?)", R4 + "/{0}"),
    ("FHIRPath 2.0.0", "", "https://hl7.org/fhirpath/N1/"),
    ("RFC", r"(\d{3,4}) +([0-9]+(?:\.[0-9]+)*)", "https://www.rfc-editor.org/rfc/rfc{0}#section-{1}"),
    ("RFC", r"(\d{3,4})", "https://www.rfc-editor.org/rfc/rfc{0}"),
    ("MHD", r"[23]:[34]\.(\d+)((?:\.\d+)*)", IHE + "/MHD/ITI-{0}.html"),
    ("MHD", r"1:33\.1", IHE + "/MHD/1331_actors_and_transactions.html"),
    ("MHD", r"1:33\.2", IHE + "/MHD/1332_actor_options.html"),
    ("MHD", r"1:33\.3", IHE + "/MHD/1333_required_grouping.html"),
    ("MHD", "", IHE + "/MHD/"),
    ("IHE.MHD", r"\.([\w.]+)", IHE + "/MHD/StructureDefinition-IHE.MHD.{0}.html"),
    ("IHE.MHD", "", IHE + "/MHD/artifacts.html"),
    ("PCC", r"4\.1", BINDING),
    ("PDQm", r"[23]:[34]\.(\d+)", IHE + "/PDQm/ITI-{0}.html"),
    ("PDQm", "", IHE + "/PDQm/"),
    ("PIXm", r"[23]:[34]\.(\d+)", IHE + "/PIXm/ITI-{0}.html"),
    ("PIXm", "", IHE + "/PIXm/"),
    ("SVCM", r"[23]:[34]\.(\d+)", IHE + "/SVCM/ITI-{0}.html"),
    ("SVCM", "", IHE + "/SVCM/"),
    ("ITI TF-2", r"3\.(65|66|67|68|105|106)\b", IHE + "/MHD/ITI-{0}.html"),
    ("ITI TF-2", r"3\.(95|96|97|98|99|100|101)\b", IHE + "/SVCM/ITI-{0}.html"),
    ("ITI TF-2", r"3\.(78|119)\b", IHE + "/PDQm/ITI-{0}.html"),
    ("ITI TF-2", r"Appendix ([A-Z])", IHE + "/TF/Volume2/ch-{0}.html"),
    ("mCSD", "", IHE + "/mCSD/"),
    ("BALP", "", IHE + "/BALP/"),
    ("IUA", "", IHE + "/IUA/"),
    ("sIPS", "", IHE + "/sIPS/"),
    ("VHL", "", IHE + "/VHL/"),
    ("IPS", r"[\d.]+ ([\w-]+-uv-ips)", "https://hl7.org/fhir/uv/ips/StructureDefinition-{0}.html"),
    ("IPS", r"[\d.]+ (OperationDefinition-\w+)", "https://hl7.org/fhir/uv/ips/{0}.html"),
    ("IPS", r"\d", "https://hl7.org/fhir/uv/ips/"),
    ("IPA", r"\d", "https://hl7.org/fhir/uv/ipa/"),
    ("SMART Health Links", "", "https://docs.smarthealthit.org/smart-health-links/spec/"),
    ("SMART Health Cards", "", "https://spec.smarthealth.cards/"),
    ("SMART ICVP", "", "https://smart.who.int/icvp/"),
    ("DDCC", r"\d", "https://smart.who.int/ddcc/"),
    ("GDHCN trust list", "", "https://smart.who.int/trust/concepts_did_gdhcn.html"),
    ("GDHCN", "", "https://smart.who.int/trust/"),
    ("HCERT", r"\d", EHN + "/eu-dcc-hcert-spec/blob/main/hcert_spec.md"),
    ("EU DCC", "", EHN + "/eu-dcc-schema"),
    ("DCC Gateway", "", "https://github.com/eu-digital-green-certificates/dgc-gateway"),
    ("OpenID4VCI 1.0", rf" *{SECTION}\b", OPENID + "-credential-issuance-1_0.html#section-{0}"),
    ("OpenID4VCI", "", OPENID + "-credential-issuance-1_0.html"),
    ("OpenID4VP 1.0", rf" *{SECTION}\b", OPENID + "-presentations-1_0.html#section-{0}"),
    ("OpenID4VP", "", OPENID + "-presentations-1_0.html"),
    ("VCDM 2.0", "", W3C + "/vc-data-model-2.0/"),
    ("VCDM 1.1", "", W3C + "/2022/REC-vc-data-model-20220303/"),
    ("VC Data Integrity", "", W3C + "/vc-data-integrity/"),
    ("W3C Data Integrity", "", W3C + "/vc-data-integrity/"),
    ("W3C VC-DI-ECDSA", "", W3C + "/vc-di-ecdsa/"),
    ("W3C VC-DI-EDDSA", "", W3C + "/vc-di-eddsa/"),
    ("W3C VC-JOSE-COSE", "", W3C + "/vc-jose-cose/"),
    ("W3C Bitstring Status List", "", W3C + "/vc-bitstring-status-list/"),
    ("W3C CID", "", W3C + "/cid-1.0/"),
    ("DID 1.0", "", W3C + "/did-1.0/"),
    ("SD-JWT VC", "", DRAFTS + "-sd-jwt-vc/"),
    ("IETF Token Status List", "", DRAFTS + "-status-list/"),
)  # fmt: skip
# The headings of MHD's transactions, by number: of one transaction, or of each.
HEADINGS = {
    ".4.1.2": "message-semantics", ".4.1.3": "expected-actions",
    ".4.2.2": "message-semantics", ".4.2.3": "expected-actions",
    ".5.1": "security-audit-considerations",
    "65.4.1": "provide-document-bundle-request-message",
    "65.4.1.2.1": "bundle-resources", "65.4.1.2.2": "patient-identity",
    "65.4.1.2.3": "replace-transform-signs-and-append-associations",
    "65.4.2": "provide-document-bundle-response-message",
    "66.4.1.2.1": "query-search-parameters", "66.4.2": "find-document-lists-response-message",
    "67.4.1.2.1": "query-search-parameters", "67.4.2": "find-document-references-response-message",
    "67.4.2.2.1": "documentreference-resource-contents",
    "67.4.2.2.1.2": "support-for-on-demand-documents",
    "68.4.1": "retrieve-document-request-message",
    "106.4.1": "generate-metadata-request-message",
}  # fmt: skip
RULES = tuple(
    (head, re.compile(rf"{re.escape(head)}(?![\w-]) *{rest}"), address)
    for head, rest, address in PLACES
)
# R4 describes the elements of most types on a page of their own, those of data types on one.
ELEMENT = re.compile(r"FHIR R4 (([A-Z][A-Za-z]+)\.[\w.\[\]]+)")
TYPES_ON_ONE_PAGE = frozenset({
    "Address", "Age", "Annotation", "Attachment", "CodeableConcept", "Coding", "ContactPoint",
    "Count", "Distance", "Duration", "HumanName", "Identifier", "Money", "Period", "Quantity",
    "Range", "Ratio", "SampledData", "Signature", "Timing",
})  # fmt: skip
PARTS = re.compile(r"([,;] )")
REMEMBERED = 4096


@lru_cache(maxsize=REMEMBERED)
def linked_parts(clause: str) -> tuple[tuple[str, str], ...]:
    """Returns a clause in its parts, each with the address of its text; "" for what has none."""
    found = []
    standard = page = ""
    for part in PARTS.split(clause):
        if PARTS.fullmatch(part):
            found.append((part, ""))
            continue
        address = _address_of(part)
        if address or not standard:
            # what stands before the last word is of the parts behind it as well: the standard with
            # its version, or the profile whose elements they are
            standard = part.rpartition(" ")[0]
        elif part.startswith("#") and page:
            address = page + part
        else:
            address = _address_of(f"{standard} {part}")
        page = address.partition("#")[0] or page
        found.append((part, address))
    return tuple(found)


def _address_of(part: str) -> str:
    """Returns the address of a part of a clause that begins with its standard; "" for none."""
    for head, pattern, address in RULES:
        if match := pattern.match(part):
            return address.format(*match.groups()) + _heading(head, *match.groups())
    if element := ELEMENT.match(part):
        kind = "datatypes" if element[2] in TYPES_ON_ONE_PAGE else element[2].lower()
        return f"{R4}/{kind}-definitions.html#{element[1]}"
    return ""


def _heading(head: str, transaction: str = "", place: str = "") -> str:
    """Returns the anchor of a heading on the page of a transaction of MHD, which has its number
    without dots and its words; "" for none that is known.
    """
    words = HEADINGS.get(transaction + place) or HEADINGS.get(place)
    number = f"23{transaction}{place}".replace(".", "")
    return f"#{number}-{words}" if head == "MHD" and words else ""
