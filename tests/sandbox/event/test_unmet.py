"""Who has not met is told once, abroad and by role, and starting it asks the partner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.errors import BadRequest, NotFound
from sandbox.event.identity import TeamId
from sandbox.event.partners import Chosen
from sandbox.event.systems import System
from sandbox.event.unmet import Meeting, not_met
from sandbox.store.instances import InstanceRow, PartRow
from tests.sandbox.event.test_instances import ANA, EVENT, Floor, floor

__all__ = ["floor"]


def system(name: str, country: str, actor: str) -> System:
    team = name.partition("-")[0]
    return System(name, "http://sandbox.test", team, country, actors=(actor,), team_id=TeamId(team))


SOURCE = system("chile-source", "CL", "document-source")
ABROAD = system("peru-recipient", "PE", "document-recipient")
ALL = [
    SOURCE,
    ABROAD,
    system("cuba-recipient", "CU", "document-recipient"),
    system("chile-recipient", "CL", "document-recipient"),  # of one's own
    system("santiago-recipient", "CL", "document-recipient"),  # of one's own country
    system("peru-source", "PE", "document-source"),  # in no role that is open
    system("nowhere-recipient", "", "document-recipient"),
]


def played(state: str, partner: str = "peru-recipient", standing: str = "accepted") -> InstanceRow:
    parts = (
        PartRow("source", "chile-source", "chile", "CL", "accepted"),
        PartRow("recipient", partner, "peru", "PE", standing),
    )
    return InstanceRow("i", "rehearsal", "1.3", "1", state, 1, 1, 0, "", 0, parts)


def partners(*rows: InstanceRow) -> list[str]:
    return [meeting.partner for meeting in not_met(EVENT, SOURCE, ALL, rows)]


def test_it_names_those_of_other_countries_in_the_roles_that_partners_take() -> None:
    first, second = not_met(EVENT, SOURCE, ALL, ())
    assert first == Meeting(
        "1.3", "source", "chile-source", "recipient", "peru-recipient", "PE", "peru", 0, 1
    )
    assert second.partner == "cuba-recipient"


@pytest.mark.parametrize("state", ["started", "paused", "to_verify", "critical", "verified"])
def test_what_is_under_way_or_verified_is_no_proposal(state: str) -> None:
    assert partners(played(state)) == ["cuba-recipient"]


@pytest.mark.parametrize("state", ["failed", "aborted", "incomplete"])
def test_what_came_to_nothing_is_proposed_again(state: str) -> None:
    assert partners(played(state)) == ["peru-recipient", "cuba-recipient"]


def test_who_declined_or_played_another_test_has_not_met() -> None:
    assert "peru-recipient" in partners(played("started", standing="declined"))
    assert "peru-recipient" in partners(replace(played("verified"), test="1.1"))


def test_it_counts_the_meetings_that_were_verified() -> None:
    (cuba,) = not_met(EVENT, SOURCE, ALL, (played("verified"),))
    assert (cuba.met, cuba.meetings) == (1, 1)
    peru, _ = not_met(EVENT, SOURCE, ALL, (played("failed"),))
    assert peru.met == 0


def test_a_test_that_waits_and_one_without_partners_propose_nobody() -> None:
    assert list(not_met(EVENT, system("chile-wallet", "CL", "none"), ALL, ())) == []
    proposed = {meeting.test for meeting in not_met(EVENT, ABROAD, ALL, ())}
    assert proposed == {"1.3"}


def test_an_instance_is_started_with_its_partner_in_one_step(floor: Floor) -> None:
    partner = Chosen("recipient-pe")
    begun = floor.instances.start("rehearsal", "1.3", Chosen("source-cl"), ANA, partner=partner)
    assert begun.parts["recipient"].standing == "invited"
    assert [entry.kind for entry in begun.history] == ["opened", "invited"]
    rows = floor.instances.store.everything("rehearsal", system="recipient-pe")
    assert [row.id for row in rows] == [begun.id]
    assert floor.instances.store.everything("rehearsal", system="recipient-cl") == ()


@pytest.mark.parametrize(
    ("partner", "error"),
    [
        (Chosen("recipient-cl"), BadRequest),
        (Chosen("source-cl"), BadRequest),
        (Chosen("nowhere"), NotFound),
        (Chosen("recipient-pe", "nurse"), NotFound),
    ],
)
def test_a_partner_that_cannot_be_asked_leaves_nothing_begun(
    floor: Floor, partner: Chosen, error: type[Exception]
) -> None:
    with pytest.raises(error):
        floor.instances.start("rehearsal", "1.3", Chosen("source-cl"), ANA, partner=partner)
    assert floor.instances.store.everything("rehearsal") == ()
