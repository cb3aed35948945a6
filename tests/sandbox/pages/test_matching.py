"""What somebody looks for is found without accents and case, an id before all else."""

from __future__ import annotations

import pytest

from sandbox.pages.matching import NOT_AT_ALL, Entry, best_of, folded, rank_of

TEST = Entry("Rechaza un envío sin paciente", "x", "RCP-23", "Destinatario", "mhd.recipient.refuse")


@pytest.mark.parametrize(
    ("query", "rank"),
    [
        ("rcp-23", 0),
        ("RCP-23", 0),
        ("rcp", 2),
        ("ENVIO pac", 3),
        ("recházà", 3),
        ("destinatario envio", 5),
        ("recipient", 5),
        ("azul", NOT_AT_ALL),
        ("envio azul", NOT_AT_ALL),
        ("", NOT_AT_ALL),
    ],
)
def test_the_nearer_the_better(query: str, rank: int) -> None:
    assert rank_of(TEST, folded(query)) == rank


def test_a_group_tells_the_best_first_and_how_many_there_are() -> None:
    others = [Entry(f"RCP-23 visto por {number}", "x", f"RCP-1{number}") for number in range(5)]
    group = best_of("check", [*others, TEST], "RCP-23", most=3)
    assert group.entries[0] == TEST
    assert (group.rank, group.count, len(group.entries)) == (0, 6, 3)


def test_every_script_can_be_looked_for() -> None:
    assert folded("Perú · Ñandú · AÇÃO") == "peru · nandu · acao"
    assert rank_of(Entry("Ñandú", "x"), folded("nandu")) == 1
