"""Documents within a message: JSON, XML, certificates and links, known by their look.  Pure."""

from __future__ import annotations

import re

# JSON that names its type, XML of FHIR, and what QR codes hold
JSON_TEXT = re.compile(r"\{.*\"resourceType\".*\}", re.DOTALL)
XML_TEXT = re.compile(r"<\??\w[^>]*(?:hl7\.org/fhir|xml version).*>", re.DOTALL)
CODED = re.compile(
    r"(?:HC1:[0-9A-Z $%*+./:\-]{20,}|shc:/[\d/]{20,}|\S*shlink:/\S{8,}|\S*vhlink:/\S{8,})"
)


def document_in(text: str) -> str:
    """Returns the document that a message holds.

    Args:
        text: The whole message.

    Returns:
        The document as it was sent; empty for none.
    """
    for look in (JSON_TEXT, XML_TEXT, CODED):
        match = look.search(text)
        if match:
            return match[0].strip()
    return ""
