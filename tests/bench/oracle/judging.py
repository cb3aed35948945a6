"""What each engine says of a case, as lines that can be compared and matched."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.validation import validate_source
from tests.bench.oracle.case import Case, Outcome, Said
from tests.bench.oracle.definitions import knowledge
from tests.bench.oracle.java import Answer

ERRORS = ("error", "fatal")
PLACE = re.compile(r"/\*.*?\*/")
# What the engine cannot know without a terminology server; such errors are left aside and counted.  That a code is not in
# a value set which is at hand is a verdict, and stays: of the ids only those of what is unknown or failed are named.
FROM_TERMINOLOGY = re.compile(
    r"snomed\.info|CodeSystem is unknown|Validation failed \(for|valueset: http://hl7.org/fhir/ValueSet/languages"
    # The engine lists no LOINC; the value sets of VSAC and IANA stand in no package.
    r"|Unable to expand|\(codes = (http://loinc\.org#[^,)]+(, )?)+\)|us/core/ValueSet/birthsex"
    r"|Terminology_TX_(System_(NotKnown|Unknown)|Error|ValueSet_NotFound|NoServer)|TERMINOLOGY_TX_SYSTEM_(NOTKNOWN|NO_CODE)",
)


def judge(case: Case) -> Said:
    """Returns what our judge says."""
    profiles = [case.profile] if case.profile else []
    try:
        findings = validate_source(
            case.file.read_bytes(), profiles=profiles, knowledge=knowledge(case.group)
        )
    except Exception as fault:
        return Said(frozenset(), crash=repr(fault))
    errors = frozenset(
        f"{finding.where} {finding.key} {finding.params.get('name', '')} {finding.found} [{finding.clause}]"
        for folded in findings
        if folded.severity in ERRORS
        for finding in folded.each()  # a mutant may add a place to what its base has already
    )
    return Said(errors, sum(finding.severity == "warning" for finding in findings))


def read(answer: Answer) -> Said:
    """Returns what HL7's engine said."""
    errors = frozenset(
        f"{PLACE.sub('', message['where'] or '')} {message['id']} {message['text']}"
        for message in answer.messages
        if message["severity"] in ERRORS
    )
    return Said(
        errors, sum(message["severity"] == "warning" for message in answer.messages), answer.crash
    )


def compare(case: Case, theirs: Mapping[str, Said], ours: Mapping[str, Said]) -> Outcome:
    """Compares what both said of a case beyond what they had said of its base; the maps are by the case's key."""
    crash = theirs[case.key].crash
    if crash:
        return Outcome(case, frozenset(), frozenset(), "aside", f"the engine failed: {crash[:120]}")
    added_there = theirs[case.key].errors - (theirs[case.base].errors if case.base else frozenset())
    added_here = ours[case.key].errors - (ours[case.base].errors if case.base else frozenset())
    if ours[case.key].crash:
        return Outcome(
            case,
            frozenset(),
            frozenset({f"crash {ours[case.key].crash}"}),
            "apart",
            ours[case.key].crash,
        )
    told = frozenset(said for said in added_there if not FROM_TERMINOLOGY.search(said))
    if added_there and not told and not added_here:
        return Outcome(
            case, added_there, added_here, "aside"
        )  # all of it came from terminology that is not at hand
    result = "agree" if bool(added_there) == bool(added_here) else "apart"
    return Outcome(case, told or added_there, added_here, result)
