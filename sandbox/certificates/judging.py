"""Judges a text of any family: HC1, SMART Health Cards and Links, VDS-NC and DIVOC."""

from __future__ import annotations

from datetime import datetime

from sandbox.certificates.keys import Trust
from sandbox.certificates.links import is_link, links_in, read_link
from sandbox.certificates.others import is_divoc, is_vds, read_divoc, read_vds
from sandbox.certificates.shc import Issuers, verify_card
from sandbox.certificates.shc_forms import is_card, texts_of
from sandbox.certificates.steps import Certificate
from sandbox.certificates.verifying import verify


def judge(
    text: str,
    trust: Trust,
    issuers: Issuers,
    *,
    at: datetime | None = None,
    revoked: frozenset[str] = frozenset(),
) -> list[Certificate]:
    """Returns what a text holds with every step; a file of cards holds several, a health link
    too.
    """
    if is_vds(text) or is_divoc(text):
        return [read_vds(text, trust, at=at) if is_vds(text) else read_divoc(text)]
    if is_link(text):
        return [read_link(text, at=at)[0]]
    if not is_card(text):
        certificate = verify(text, trust, at=at, revoked=revoked)
        return [certificate, *(read_link(link, at=at)[0] for link in links_in(certificate.content))]
    return [verify_card(jws, issuers, at=at, revoked=revoked) for jws in texts_of(text)]
