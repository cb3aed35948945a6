"""What the bot reads in an answer of the sandbox."""

from __future__ import annotations

from bot.api import _refused


def test_a_refusal_is_told_without_what_a_system_sent_where_there_is_such_a_text() -> None:
    told = {"key": "instances.not_passed", "text": "BAS-01: 404 at http://x.", "fix": "Mend it."}
    assert _refused(412, told).text == told["text"]
    assert _refused(412, {**told, "public_text": "BAS-01: [value]."}).text == "BAS-01: [value]."
