"""Building summaries in a notebook: as `sandbox.ips`, but a blank in any part gives a blank."""

from __future__ import annotations

from typing import Any

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.display import language_of_notebook
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json
from sandbox.i18n import as_language


def build_summary(patient: Any, *resources: Any, language: str = "") -> Json | Blank:
    """Returns the IPS document of a patient.

    Args:
        patient: An object of fhir.resources, a dict, or an exchange that brought one.
        resources: What is known of the patient, in the same forms.
        language: That of the notebook where it is empty.

    Raises:
        InvalidResource: One of them is no resource, or about somebody else.
    """
    from sandbox.ips.building import build_summary as build

    given = [
        resource.json if isinstance(resource, Exchange) else resource
        for resource in (patient, *resources)
    ]
    if has_blank(given):
        return BLANK
    chosen = as_language(language) if language else language_of_notebook()
    return build(*given, language=chosen)
