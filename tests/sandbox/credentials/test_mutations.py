"""Texts changed in one place by chance, seeded: no crash, and none is accepted that says another thing.

CONNECTATHON_MUTATIONS=5000 tries as many of each form.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest

from sandbox.credentials.jose import read_jws
from sandbox.credentials.sdjwt.presenting import present
from tests.sandbox.credentials.making import ASKED, AT, HOLDER, judged, jwt, sdjwt, signed

COUNT = int(os.environ.get("CONNECTATHON_MUTATIONS", "150"))
LETTERS = 'ABCabcxyz019-_.~"{}:, '
WORD: dict[str, Any] = {"audience": ASKED.audience, "nonce": ASKED.nonce, "at": AT}
TEXTS = {
    "vc+jwt": jwt(),
    "sd-jwt": present(sdjwt(), [["name"], ["vaccine"]], HOLDER, **WORD),
    "jcs": json.dumps(signed("ecdsa-jcs-2019")),
    "rdfc": json.dumps(signed()),
}


def spoiled(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    kind = chance.randrange(3)
    letter = chance.choice(LETTERS)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + letter + text[place:]
    return text[:place] + letter + text[place + 1 :]


def meaning(text: str) -> Any:
    """What a text says, without how it is written: blanks in JSON say nothing."""
    if text.startswith("{"):
        return json.loads(text)
    return [read_jws(part).payload if part.count(".") == 2 else part for part in text.split("~")]


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_changed_in_one_place_is_refused_or_says_the_same(name: str) -> None:
    text = TEXTS[name]
    asked = ASKED if name == "sd-jwt" else None
    assert judged(text, asked=asked).verdict == "valid"
    chance = random.Random(f"{name} 25")
    for _ in range(COUNT):
        changed = spoiled(text, chance)
        report = judged(changed, asked=asked)
        if report.verdict in ("valid", "deviates"):
            assert meaning(changed.strip()) == meaning(text), changed
