"""People, invitations and sessions from the command line, as somebody types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.results import runs_at
from sandbox.cli.verbs import app
from sandbox.clock import utc_now
from sandbox.errors import BadRequest, Forbidden
from sandbox.event.people import People
from tests.sandbox.cli.test_bench_verbs import typed


def said(*words: str, exits: int = 0) -> str:
    return typed("people", *words, exits=exits)


def entered(code: str, **fields: str) -> None:
    with runs_at(None) as (_, store):
        People(store, clock=utc_now).enter(code, **fields)


def test_an_invitation_is_made_listed_and_revoked() -> None:
    said("add", "Inés", "--role", "facilitator")
    said("add", "Ana", "--team", "Chile")
    told = said("invite", "--team", "Chile", "--uses", "2", "--days", "3")
    assert "2 participants can join within 3 days" in told
    code = told.split()[-1].rpartition("/")[2]
    entered(code, name="Eva")

    id, team, used, *_ = said("invitations").split()
    assert (team, used) == ("Chile", "1/2")
    assert "lets nobody in any more" in said("revoke", id)

    assert said("invitations") == ""
    with pytest.raises(Forbidden):
        entered(code, name="Olga")
    assert "Eva" in said("list")


def test_who_looks_like_somebody_is_refused_with_the_reason() -> None:
    said("add", "Inés", "--role", "facilitator")
    said("add", "Ana", "--team", "Chile")
    for name, team, key, known in (
        ("Аna", "Chile", "people.name_alike", "Ana"),  # Cyrillic А
        ("Eva", "Chi1e", "people.team_alike", "Chile"),
    ):
        refused = CliRunner().invoke(app, ["people", "add", name, "--team", team]).exception
        assert isinstance(refused, BadRequest)
        assert (refused.key, refused.params["known"]) == (key, known)


def test_a_contact_is_marked_and_sessions_are_ended(tmp_path: Path) -> None:
    said("add", "Inés", "--role", "facilitator")
    code = said("add", "Ana", "--team", "Chile").split()[-1].rpartition("/")[2]
    assert "the team Chile" in said("contact", "Ana")
    assert said("list").rstrip().endswith("Chile  (invites)")
    entered(code)

    id = said("sessions", "Ana").split()[0]
    said("end", "Inés", id, exits=1)  # it is none of hers
    assert "is over" in said("end", "Ana", id)

    assert said("sessions", "Ana") == ""
    assert said("end", "Ana", exits=2)
