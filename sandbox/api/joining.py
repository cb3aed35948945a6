"""What the API takes and answers about people, invitations and sessions; their fields are those of
the JSON.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.event.people import Role


class PersonView(TypedDict):
    """A person of the event, since a moment (milliseconds since 1970); names are labels, the ids
    never change.
    """

    name: str
    role: Role
    team: str
    country: str
    id: str
    team_id: str
    since: int
    is_contact: bool


class EnteringView(PersonView):
    """A person who was added, and the page that lets them in once."""

    enter: str


class EnteredView(PersonView):
    """Who has come in, and the secret of their session, which is told once."""

    session: str


class EnterBody(TypedDict):
    """The code of a link; a name where it lets in whoever joins a team, and a team where one founds
    it.
    """

    code: str
    name: NotRequired[str]
    team: NotRequired[str]


class ContactBody(TypedDict):
    """Whether somebody is a contact of their team from now on."""

    contact: bool


class InvitationBody(TypedDict):
    """The team that people are to join, how many of them, within how many days; without a team each
    founds one.
    """

    team: NotRequired[str]
    country: NotRequired[str]
    uses: NotRequired[int]
    days: NotRequired[int]


class InvitationView(TypedDict):
    """An invitation: who made it, for which team, used how often of how many times, until when (in
    milliseconds since 1970); `most` is 0 in older ones without a limit.
    """

    id: str
    team: str
    team_id: str
    country: str
    by: str
    at: int
    until: int
    most: int
    used: int


class InvitingView(InvitationView):
    """An invitation that was made, and the page that lets people in by it, which is told once."""

    enter: str


class SessionView(TypedDict):
    """A session of one's own, in milliseconds since 1970; `seen` is kept to the hour, and 0 where
    it is not known; `is_this` tells the one that asks.
    """

    id: str
    since: int
    seen: int
    until: int
    browser: str
    is_this: bool


class SessionName(TypedDict):
    """A session that has ended."""

    id: str


class PersonBody(TypedDict):
    """A person to add; a contact invites to the team."""

    name: str
    role: Role
    team: NotRequired[str]
    country: NotRequired[str]
    contact: NotRequired[bool]
