"""The page of who may do what, written from the table.

`python -m tests.rights` writes `docs/rights.md` anew; a test holds the page to the table, and tries every cell over HTTP.
"""

from __future__ import annotations

from sandbox.event.people import ROLES
from sandbox.event.rights import RIGHTS, Act
from tests.places import PROJECT

PAGE = PROJECT / "docs" / "rights.md"
HEAD = """# Who may do what

At an event with people. Written by `python -m tests.rights` from the table in `sandbox/event/rights.py`, which the API, the
pages and the gate before the spaces ask. "Own" is what belongs to one's own team, or what one has begun oneself; a team's
token does on spaces, on shared data and with runs handed in what a participant of the team does, and one for reading only
reads. While nobody is known, whoever asks may do everything. A space that `--member` names is read by every participant
through the regional node: who runs the event has said so. A contact is a participant whom a facilitator has made the team's
contact, or who founded the team. An inbox and a health link are doors of their own, opened by the secret in their address.
"""
SAYS: dict[Act, str] = {
    "see_results": "see results by track and team",
    "see_run": "see a run with its exchanges and evidence",
    "register": "register a system",
    "start": "start a run of a system",
    "ask": "ask for a run to be verified",
    "verify": "verify a run",
    "manage_people": "add and remove people, give spaces to teams",
    "invite": "invite people to a team, list and revoke its invitations",
    "allow_address": "allow a private address to a team's systems",
    "pair_up": "start the runs between peers",
    "see_audit": "read the audit log and the figures of the server",
    "read_space": "read a space, `--reading open`",
    "read_closed_space": "read a space, `--reading team`",
    "write_space": "write, sign or delete in a space",
    "read_shared": "read the data that all share (`/fhir`, `/regional`)",
    "write_shared": "write to the data that all share, have a code signed",
    "manage_tokens": "list, make and revoke a team's tokens",
    "take_part": "move a test instance: pause, submit, add to it, contest what was decided",
    "manage_event": "load and edit the plan of an event, assign monitors, adopt checks, confirm and publish results, "
    "close it, call an instance urgent, announce something to all",
    "subscribe": "be told by webhook, e-mail or chat: make, change and end subscriptions, read what was sent",
}


COLUMNS = (*ROLES, "contact")
"""A contact is here a participant whom a facilitator made one; a monitor can be one as well."""


def may_touch(column: str, act: Act, *, is_own: bool) -> bool:
    """Returns what the table says of a role and what is its own team's, or another's."""
    right = RIGHTS[act]
    roles = right.any | (right.own if is_own else right.foreign)
    if column == "contact":
        return "participant" in (roles | right.contact if is_own else roles)
    return column in roles


def cell(role: str, act: Act) -> str:
    """Returns what a role may touch, in a word."""
    own = may_touch(role, act, is_own=True)
    foreign = may_touch(role, act, is_own=False)
    return {(True, True): "all", (True, False): "own", (False, True): "others'"}.get(
        (own, foreign), "–"
    )


def page() -> str:
    """Returns the page."""
    lines = [HEAD, f"| | {' | '.join(COLUMNS)} | nobody |", f"|---|{'---|' * (len(COLUMNS) + 1)}"]
    for act in RIGHTS:
        lines.append(f"| {SAYS[act]} | {' | '.join(cell(role, act) for role in COLUMNS)} | – |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
