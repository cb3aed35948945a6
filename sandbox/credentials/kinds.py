"""The kinds of credential that are issued here: the type of each, what a holder shows of it claim
by claim, and how its content is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.certificates.links import links_in, read_link
from sandbox.credentials import vaccination
from sandbox.credentials.extracts import LISTS, read_medications, read_summary
from sandbox.credentials.vaccination import Said, read_vaccination
from sandbox.errors import BadRequest

Pattern = tuple[str | int | None, ...]
WHO: tuple[Pattern, ...] = (("name",), ("birthdate",), ("sex",), ("id",))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of credential; `is_w3c` tells whether it has the forms of W3C too, which need a
    vocabulary.
    """

    name: str
    vct: str
    disclosable: tuple[Pattern, ...]
    read: Callable[[Any], Said]
    is_w3c: bool = False


def read_health_link(content: Any) -> Said:
    """Returns the claims of a health link: the link, and what it says of itself.

    Args:
        content: The link as text, or what a signed health link holds.

    Raises:
        BadRequest: It is none, or one that nobody could open.
    """
    text, *more = links_in(content) or [""]
    link = read_link(text)[1] if text else None
    if link is None:
        raise BadRequest("credentials.no_health_link", where="content")
    said: dict[str, Any] = {"link": text, "label": link.label, "link_expires": link.expires}
    claims = {name: value for name, value in said.items() if value not in (None, "")}
    return Said({**claims, "needs_passcode": link.needs_passcode}, tuple(more))


def _lists(*names: str) -> tuple[Pattern, ...]:
    """Returns that some lists can be shown, each entry alone."""
    return tuple(path for name in names for path in ((name,), (name, None)))


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "vaccination",
            vaccination.VCT,
            vaccination.DISCLOSABLE,
            read_vaccination,
            is_w3c=True,
        ),
        Kind(
            "health_link",
            "urn:connectathon:health-link:1",
            (("link",), ("label",)),
            read_health_link,
        ),
        Kind(
            "medications",
            "urn:connectathon:medications:1",
            (*WHO, *_lists("medications")),
            read_medications,
        ),
        Kind(
            "summary",
            "urn:connectathon:summary:1",
            (*WHO, *_lists(*dict.fromkeys(LISTS.values()))),
            read_summary,
        ),
    )
}
OF_VCT = {kind.vct: kind.name for kind in KINDS.values()}


def kind_for(content: Any, name: str = "") -> Kind:
    """Returns the kind of credential for a content.

    Args:
        content: What it is to say.
        name: Of the kind; where there is none, a health link and MEOW are told by what they are,
            and all else is taken for a vaccination.

    Raises:
        BadRequest: There is no kind of that name.
    """
    if name and name not in KINDS:
        shown = ", ".join(KINDS)
        raise BadRequest("credentials.no_kind", where="kind", found=name[:40], known=shown)
    if name:
        return KINDS[name]
    if links_in(content):
        return KINDS["health_link"]
    is_overview = isinstance(content, dict) and isinstance(content.get("m"), list)
    return KINDS["medications" if is_overview else "vaccination"]
