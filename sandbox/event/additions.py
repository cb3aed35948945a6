"""What people add to a test instance: files and links.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.errors import BadRequest, TooLarge
from sandbox.event.instance import Instance
from sandbox.event.plan import PlannedTest
from sandbox.limits import ATTACHMENT_BYTES, ATTACHMENTS
from sandbox.store.runs import hash_of
from sandbox.web.addresses import refuse_userinfo


@dataclass(frozen=True, slots=True)
class Addition:
    """What somebody adds to an instance: the bytes of a file, or an address."""

    name: str
    media: str = ""
    content: bytes = b""
    url: str = ""
    evidence: str = ""


def check_addition(addition: Addition, instance: Instance, planned: PlannedTest) -> None:
    """Raises for what cannot be added.

    Raises:
        BadRequest: It is neither a file nor a link, or both; the address is none; or the plan knows
            no such evidence.
        TooLarge: The file is too large, or one too many.
    """
    if bool(addition.content) == bool(addition.url) or not addition.name.strip():
        raise BadRequest("instances.file_or_link", where="attachment")
    if len(addition.content) > ATTACHMENT_BYTES or len(instance.attachments) >= ATTACHMENTS:
        raise TooLarge(
            "instances.too_much",
            where="attachment",
            megabytes=ATTACHMENT_BYTES // 2**20,
            count=ATTACHMENTS,
        )
    if addition.url:
        if not addition.url.startswith(("http://", "https://")):
            raise BadRequest("testbench.bad_base", where="url", base=addition.url)
        refuse_userinfo(addition.url, where="url")
    names = [evidence.name for evidence in planned.evidence]
    if addition.evidence and addition.evidence not in names:
        known = ", ".join(names)
        raise BadRequest(
            "instances.other_evidence", where="evidence", name=addition.evidence, known=known
        )


def row_of_addition(addition: Addition) -> dict[str, object]:
    """Returns what the log of an instance tells of an addition."""
    return {
        "name": addition.name.strip(),
        "media": addition.media,
        "hash": hash_of(addition.content) if addition.content else "",
        "size": len(addition.content),
        "url": addition.url,
        "evidence": addition.evidence,
    }
