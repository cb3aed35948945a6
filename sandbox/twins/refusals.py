"""Broken twins that refuse for no reason, for another reason than the fault, or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sandbox.fhir.json import write_json
from sandbox.twins.changes import as_plain, in_refusals, in_responses, nothing_to_take
from sandbox.twins.passing import Passing, Twin


def every_other_refused(passing: Passing) -> Passing:
    """Makes about half of all submissions ones that must be refused, right or wrong."""
    number = re.search(rb"urn:oid:2\.25\.\d*(\d)", passing.body)
    return nothing_to_take(passing) if number and int(number[1]) % 2 else passing


# A refusal as it would be right for another fault than most (ITI TF-3 table 4.2.4.1-2).
BLAMING_THE_PATIENT = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "error",
            "code": "invalid",
            "details": {"coding": [{"code": "XDSUnknownPatientId"}]},
        }
    ],
}
WARNING = {
    "resourceType": "OperationOutcome",
    "issue": [
        {"severity": "warning", "code": "informational", "diagnostics": "Check what you send."}
    ],
}
REMARK = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "information", "code": "informational"}],
}


def _minds_colours(passing: Passing) -> Passing:
    """Refuses a search by a parameter that nobody has defined."""
    is_odd = passing.status == 200 and b"colour=" in passing.query
    return replace(passing, status=400, body=write_json(BLAMING_THE_PATIENT)) if is_odd else passing


REFUSAL_TWINS: Mapping[str, Twin] = {
    "accepts_anything": Twin(request=as_plain),
    "accepts_anything_with_remarks": Twin(as_plain, in_responses(outcome=REMARK)),
    "accepts_anything_with_a_warning": Twin(as_plain, in_responses(outcome=WARNING)),
    "answers_200_to_all": Twin(response=in_refusals(lambda passing: replace(passing, status=200))),
    "blames_the_patient": Twin(
        response=in_refusals(lambda passing: replace(passing, body=write_json(BLAMING_THE_PATIENT)))
    ),
    "minds_unknown_parameters": Twin(response=_minds_colours),
    "refuses_all_submissions": Twin(request=nothing_to_take),
    "refuses_every_other_submission": Twin(request=every_other_refused),
}
