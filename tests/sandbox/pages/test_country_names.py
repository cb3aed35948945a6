"""Countries and time zones to choose from, by the names that people look for."""

from __future__ import annotations

from sandbox.event.plan_rules import is_zone
from sandbox.pages.country_names import countries_in, zones_in


def test_countries_stand_where_people_look_for_them() -> None:
    names = [name for _, name in countries_in("es")]
    assert names.index("Canadá") < names.index("Chile") < names.index("Zambia")


def test_zones_of_places_are_listed_by_country_each_once() -> None:
    zones = zones_in("pt")
    assert zones[0] == ("UTC", "UTC")
    words = [text for _, text in zones]
    assert len(set(words)) == len(words) > 300
    assert (
        words.index("África do Sul · Joanesburgo")
        < words.index("Brasil · São Paulo")
        < words.index("Panamá")
    )
    assert all(is_zone(zone) for zone, _ in zones)
