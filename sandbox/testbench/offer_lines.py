"""The offers of credentials that a team gives the bench, one a line, and what of them is no secret.

Knows nothing of issuers: it is read wherever inputs are shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode, urlsplit

from sandbox.errors import SandboxError
from sandbox.fhir.json import parse_json
from sandbox.redact import REDACTED, redact_grants

MOST_OFFERS = 20
SCHEME = re.compile(r"((?:openid-credential-offer|haip-vci)://)")
BY_VALUE, BY_REFERENCE = "credential_offer", "credential_offer_uri"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of what a team has given: the link of an offer, and its PIN behind a blank."""

    link: str
    pin: str

    @property
    def named(self) -> dict[str, list[str]]:
        """Returns the parameters that carry an offer: one, where the link is right."""
        fields = parse_qs(urlsplit(self.link).query)
        return {name: fields[name] for name in (BY_VALUE, BY_REFERENCE) if name in fields}


def lines_of(text: str) -> list[Line]:
    """Returns the offers in what was given.

    Args:
        text: One offer a line; one that was pasted as a single line is parted at each offer.
    """
    lines: list[Line] = []
    # a field of one line joins lines when they are pasted into it
    for word in SCHEME.sub(r" \1", text).split():
        if "://" in word or not lines:
            lines.append(Line(word, ""))
        else:
            lines[-1] = replace(lines[-1], pin=f"{lines[-1].pin} {word}".strip())
    return lines[:MOST_OFFERS]


def without_codes(text: str) -> str:
    """Returns offers by which a run can be judged again, and nothing be redeemed.

    Args:
        text: The offers, as a team has given them.

    Returns:
        The links with `***` for every code and PIN; of a link that is no offer, its scheme alone.
    """
    lines = [
        f"{_without_code(line)} {REDACTED if line.pin else ''}".strip() for line in lines_of(text)
    ]
    return "\n".join(lines)


def _without_code(line: Line) -> str:
    scheme = line.link.partition("?")[0]
    named = line.named
    values = [(name, value) for name, several in named.items() for value in several]
    if len(values) != 1:
        return f"{scheme}?{REDACTED}"
    ((name, value),) = values
    if name == BY_REFERENCE:
        return f"{scheme}?{urlencode({name: value})}"
    try:
        parse_json(value.encode())
    except SandboxError:
        return f"{scheme}?{urlencode({name: REDACTED})}"
    return f"{scheme}?{urlencode({name: redact_grants(value.encode()).decode()})}"
