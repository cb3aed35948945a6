from sandbox.fhir.references import ID
from sandbox.ids import random_id, sequence_of_ids


def test_random_ids_are_fhir_ids_and_differ() -> None:
    ids = {random_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(ID.match(id) for id in ids)


def test_a_sequence_repeats_for_the_same_seed_only() -> None:
    one, same, other = sequence_of_ids("a"), sequence_of_ids("a"), sequence_of_ids("b")
    first = [one() for _ in range(5)]
    assert first == [same() for _ in range(5)]
    assert not set(first) & {other() for _ in range(5)}
