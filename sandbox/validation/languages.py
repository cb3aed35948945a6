"""Languages: a code of a language is a tag of BCP 47 (FHIR R4 valueset-languages.html, max value set all-languages).

The grammar is RFC 5646 2.1, with what the registry rules out: it holds no primary language of four letters and more.
"""

from __future__ import annotations

import re

from sandbox.findings import Severity
from sandbox.validation.context import Place, Validation
from sandbox.validation.elements import codings_of

LANGUAGES = "http://hl7.org/fhir/ValueSet/languages"
BCP_47 = "urn:ietf:bcp:47"
CLAUSE = "FHIR R4 valueset-all-languages.html"
PRIVATE = r"x(-[a-z0-9]{1,8})+"
TAG = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}"  # language with its extensions
    r"(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?"  # script, region
    r"(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"  # variants
    rf"(-[a-wyz0-9](-[a-z0-9]{{2,8}})+)*(-{PRIVATE})?"
    rf"|{PRIVATE}|i-[a-z]{{3,8}}|en-gb-oed|sgn-(be-fr|be-nl|ch-de)|zh-min(-nan)?",
    re.IGNORECASE,
)


def judge_language(validation: Validation, place: Place) -> None:
    """Judges a code, and the codings of a concept: one of them at least is a tag of BCP 47."""
    codings = list(codings_of(place.node.value))
    tags = [code for system, code in codings if system in (None, BCP_47)]
    if any(TAG.fullmatch(tag) for tag in tags) or not codings:
        return
    # Another system beside or instead of BCP 47 is said, but national documents carry lists of their own.
    severity: Severity = "error" if tags else "warning"
    found = ", ".join(code for _, code in codings)
    validation.note("language", place, severity=severity, clause=CLAUSE, found=found)
