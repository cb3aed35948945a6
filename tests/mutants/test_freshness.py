"""Each row of the committed table names the sources that it was made from."""

from tests.mutants.freshness import stale
from tests.mutants.rooms import rooms


def test_a_row_is_stale_when_its_sources_are_others() -> None:
    rows = [f"| {room.name} | 9 | 9 | {room.sources} |" for room in rooms()]
    assert stale("\n".join(rows)) == []
    changed = [rows[0].replace(rooms()[0].sources, "0123456789abcdef"), *rows[1:]]
    assert stale("\n".join(changed)) == rooms()[:1]


def test_a_room_without_a_row_is_stale_unless_the_table_says_untried() -> None:
    first, *others = rooms()
    rows = [f"| {room.name} | 9 | 9 | {room.sources} |" for room in others]
    assert stale("\n".join(rows)) == [first]
    assert stale("\n".join([f"| {first.name} | not tried yet | |", *rows])) == []
