"""Names of code systems: which URL is meant where it is spelt in another way.

The URL of FHIR's list is the one to use (FHIR R4 terminologies-systems.html); people also write its
OID, `https`, a slash at the end, a page of the publisher, or just a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
# URL, OIDs (HL7 OID registry), and other words that are met for it.
WELL_KNOWN: tuple[tuple[str, str, str], ...] = (
    (SNOMED, "2.16.840.1.113883.6.96",
     "snomed snomedct sct snomed.info snomed.org snomedct.org ihtsdo.org"),
    (LOINC, "2.16.840.1.113883.6.1", "loinc ln loinc.org/rdf loinc.info"),
    ("http://unitsofmeasure.org", "2.16.840.1.113883.6.8", "ucum ucum.org unitsofmeasure"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88",
     "rxnorm rxnav.nlm.nih.gov"),
    ("http://www.whocc.no/atc", "2.16.840.1.113883.6.73", "atc whocc whocc.no"),
    ("http://hl7.org/fhir/sid/icd-10", "2.16.840.1.113883.6.3",
     "icd10 who.int/icd10 id.who.int/icd10"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "2.16.840.1.113883.6.90", "icd10cm"),
    ("http://hl7.org/fhir/sid/icd-9-cm", "2.16.840.1.113883.6.103 2.16.840.1.113883.6.104",
     "icd9cm"),
    ("http://id.who.int/icd/release/11/mms", "", "icd11 icd11mms"),
    ("http://hl7.org/fhir/sid/cvx", "2.16.840.1.113883.12.292", "cvx"),
    ("http://hl7.org/fhir/sid/mvx", "2.16.840.1.113883.12.227", "mvx"),
    ("http://hl7.org/fhir/sid/ndc", "2.16.840.1.113883.6.69", "ndc"),
    ("http://www.ama-assn.org/go/cpt", "2.16.840.1.113883.6.12", "cpt cpt4"),
    ("http://dicom.nema.org/resources/ontology/DCM", "1.2.840.10008.2.16.4", "dcm dicom"),
    ("urn:iso:std:iso:3166", "1.0.3166.1", "iso3166 iso31661"),
    ("urn:ietf:bcp:47", "2.16.840.1.113883.6.121", "bcp47"),
    ("urn:ietf:bcp:13", "", "bcp13"),
    ("urn:iso:std:iso:4217", "", "iso4217"),
)  # fmt: skip
ABSOLUTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:\S")
PREFIX = re.compile(r"^(https?:/*)?(www\.)?")
VERSION_3 = re.compile(
    r"^hl7\.org/fhir/(?:stu3/|dstu2/)?v3/(?:vs/)?([^/]+?)(?:/(?:cs\.html|index\.html))?$"
)
VERSION_2 = re.compile(r"^hl7\.org/fhir/(?:stu3/|dstu2/)?v2/(?:vs/)?(\d{4}|0360/\S+)$")
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"


class Names:
    """Finds the URL that another spelling means, among the well-known systems and those at hand."""

    def __init__(self, urls: Iterable[str]) -> None:
        """Reads the URLs of the systems at hand; two of them that differ only in spelling both
        stand.
        """
        self._by_spelling: dict[str, str] = {}
        for url, oids, words in WELL_KNOWN:
            spellings = [
                _plain(url),
                *words.split(),
                *(f"urn:oid:{oid}" for oid in oids.split()),
                *oids.split(),
            ]
            self._by_spelling |= dict.fromkeys(spellings, url)
        for url in urls:
            self._by_spelling.setdefault(_plain(url), url)

    def right_url(self, system: str) -> str:
        """Returns the URL that is meant, or an empty text where it is right already or nothing is
        known.
        """
        plain = _plain(system)
        url = self._by_spelling.get(plain) or self._by_spelling.get(_word(plain), "")
        if not url:
            url = self._renamed(plain)
        return url if url != system else ""

    def _renamed(self, plain: str) -> str:
        """Until R4, HL7's own systems of versions 2 and 3 stood below hl7.org/fhir
        (terminologies-systems.html).
        """
        for pattern, prefix in ((VERSION_3, "v3-"), (VERSION_2, "v2-")):
            renamed = pattern.match(plain)
            if renamed:
                return self._by_spelling.get(_plain(f"{TERMINOLOGY}{prefix}{renamed[1]}"), "")
        return ""


def is_absolute(system: str) -> bool:
    """Tells whether a text begins with a scheme, as the URI of a system must."""
    return ABSOLUTE.match(system) is not None


def _plain(url: str) -> str:
    return PREFIX.sub("", url.strip().lower()).rstrip("/#")


def _word(plain: str) -> str:
    """A word is the same with blanks, hyphens or underscores (`SNOMED CT`, `ICD-10`); a URL is not
    touched.
    """
    return plain if "/" in plain or ":" in plain or "." in plain else re.sub(r"[\s_-]", "", plain)
