"""What a VHL Receiver makes of each link of its inbox, as whoever sits before it tells: it shows
what is right, and refuses what is wrong.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from sandbox.exchange import Exchange
from sandbox.testbench.link_kinds import LINKS as KINDS
from sandbox.testbench.script import Capture, Given, Script, depends_on, finding_at

CLAUSE = "SMART Health Links 1"
CODES_CLAUSE = "VHL 1.0.0-comment ITI-YY4"
LINKS = Capture("GET", r"\$links", "Links", "GET /$links")
PROOF = Capture("GET", r"\$proof", "View", "GET /$proof?family=…&1=…&2=refused")
OF_LINKS = "VHR-07"
OF_CODES = "VHR-14"
"""The tests of a link and of a signed code with nothing odd."""
REFUSED = (  # the words of receivers for what they do not show
    "refused", "invalid", "expired", "unknown", "not_valid", "error", "no", "false", "rechazado",
    "inválido", "invalido", "vencido", "recusado",
)  # fmt: skip


def judges_link(given: Given, *, kind: str) -> Script:
    """What is behind the link of one kind is shown, or refused (VHR-07 to VHR-29)."""
    from sandbox.testbench.link_ground import family_of

    yield LINKS
    proof = yield PROOF
    made = KINDS[kind]
    number, said = _told(proof, kind)
    family = family_of(_inbox_of(proof), kind)
    clause = CODES_CLAUSE if made.code else CLAUSE
    if not said:
        yield finding_at("vhl_receiver.not_told", "error", number, clause)
    elif made.is_right and said in REFUSED:
        yield finding_at("vhl_receiver.wrongly_refused", "error", number, clause, found=said[:40])
    elif made.is_right and said != family.casefold():
        yield finding_at("vhl_receiver.other_name", "error", number, clause, found=said[:40])
    elif not made.is_right and said not in REFUSED:
        yield finding_at("vhl_receiver.wrongly_shown", "error", number, clause, found=said[:40])
    elif not made.is_right and not _shows_any(proof, is_code=bool(made.code)):
        yield depends_on(OF_CODES if made.code else OF_LINKS)


def _shows_any(proof: Exchange, *, is_code: bool) -> bool:
    """Tells whether anything right is shown; whoever refuses all of it has refused what is wrong
    for no reason of its own.
    """
    right = [kind for kind, made in KINDS.items() if made.is_right and bool(made.code) == is_code]
    return any(_told(proof, kind)[1] not in ("", *REFUSED) for kind in right)


def _told(proof: Exchange, kind: str) -> tuple[str, str]:
    """Returns the number of the link of a kind, and what was told of it; empty for nothing."""
    from sandbox.testbench.link_ground import order_of

    number = str(order_of(_inbox_of(proof)).index(kind) + 1)
    answers = parse_qs(urlsplit(proof.url).query, keep_blank_values=True)
    return number, answers.get(number, [""])[0].strip().casefold()


def _inbox_of(sent: Exchange) -> str:
    return sent.url.partition("/inbox/")[2].partition("/")[0]
