"""A card is changed where it stands by now, which may be another place than when the sandbox was asked."""

from __future__ import annotations

from pathlib import Path

from bot.cards import Card
from bot.notices import Notice
from bot.records import Shown
from bot.shown_cards import change_card
from bot.store import Store


def test_a_card_that_has_moved_is_not_changed_where_it_never_came(tmp_path: Path) -> None:
    store = Store(tmp_path / "bot.sqlite")
    before = Shown("r1", "C9", "en", "", "", "", "U1", "slack:T:U1")
    store.put_shown(before)
    # the channel refuses the card while the sandbox is asked what it should say
    store.move_shown("r1", "C9", "D1")
    notices = [Notice("done", Card("State: done"))]
    change_card(store, before, Card("over"), outcome="done", notices=notices)
    assert store.outgoing() == []
    assert [shown.channel for shown in store.shown("r1")] == ["D1"]
    [moved] = store.shown("r1")
    assert moved.outcome == ""
    change_card(store, moved, Card("over"), outcome="done", notices=notices)
    assert {outgoing.channel for outgoing in store.outgoing()} == {"D1"}
    store.close()


def test_a_message_whose_text_was_replaced_is_not_taken_with_the_old_one(tmp_path: Path) -> None:
    store = Store(tmp_path / "bot.sqlite")
    body = {"card": {"title": "queued"}, "run": "r1", "thread": ""}
    store.put_outgoing("post:r1:C9", "post", "C9", body)
    [read_before] = store.outgoing()
    assert store.renew_post("post:r1:C9", {"title": "done"})
    assert not store.settle(read_before, state="sending")
    [waiting] = store.outgoing()
    assert waiting.body["card"] == {"title": "done"}
    assert store.settle(waiting, state="sending")
    store.close()
