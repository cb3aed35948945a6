"""Slack's commands, mentions and clicks as intents: acknowledged at once, carried out behind that, answered privately.

One listener for each way in; all of them end at the desk.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import Card, Form
from bot.desk import Desk
from bot.grammar import Intent, Place
from bot.slack.blocks import message_of
from bot.slack.manifest import NAMES
from bot.slack.views import chosen_in, home_of, modal_of
from bot.store import Store
from bot.words import Language, language_of

log = logging.getLogger("bot")
MENTION = re.compile(r"<@[A-Z0-9]+(\|[^>]*)?>")


class SlackFace:
    """Turns what Slack delivers into intents for one desk."""

    def __init__(self, desk: Desk, store: Store, client: AsyncWebClient, *, default: Language = "en") -> None:
        self._desk = desk
        self._store = store
        self._client = client
        self._default = default
        self._locales: dict[str, Language] = {}

    def listen(self, app: AsyncApp) -> None:
        """Adds the listeners; each is acknowledged before its work begins."""
        for name in NAMES:
            app.command(name)(ack=_acknowledge, lazy=[self.on_command])
        app.action(re.compile(r"^ct:"))(ack=_acknowledge, lazy=[self.on_click])
        app.view(re.compile(r"^ct:"))(ack=_acknowledge, lazy=[self.on_submit])
        for event, work in (
            ("app_home_opened", self.on_home), ("app_mention", self.on_mention), ("message", self.on_message),
        ):  # fmt: skip
            app.event(event)(ack=_acknowledge, lazy=[work])

    async def on_command(self, body: Mapping[str, Any], respond: AsyncRespond) -> None:
        """`/ct run mhd.recipient ours`: the answer is the asker's alone, a run's card is for the channel."""
        place, trigger = Place(str(body["channel_id"])), str(body.get("trigger_id"))
        text = str(body.get("text", ""))
        await self._take(text, _actor(body), place, respond, key=f"c:{trigger}", trigger=trigger)

    async def on_submit(self, body: Mapping[str, Any]) -> None:
        """A form that was filled in: the same wish as its words would have been."""
        view = body["view"]
        actor = _actor({"team_id": body["team"]["id"], "user_id": body["user"]["id"]})
        place, verb = Place(str(view["private_metadata"])), str(view["callback_id"]).partition(":")[2]
        key = f"v:{view.get('id')}"
        card = await self._desk.take(Intent(actor, place, verb, chosen_in(view), await self._language(actor), key))
        if isinstance(card, Card):
            asker = str(body["user"]["id"])
            await self._client.chat_postEphemeral(channel=place.channel, user=asker, **message_of(card))

    async def on_home(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """The Home tab is drawn anew each time that somebody opens it."""
        user = str(event["user"])
        actor = _actor({"team_id": body.get("team_id", ""), "user_id": user})
        cards = await self._desk.home(Intent(actor, Place(user), "home", {}, await self._language(actor)))
        await self._client.views_publish(user_id=user, view=home_of(cards))

    async def on_click(self, body: Mapping[str, Any], respond: AsyncRespond) -> None:
        """A button: what it wishes stands in its value, who may have it is asked again."""
        action = body["actions"][0]
        if "value" not in action:
            return  # a link
        wish = json.loads(action["value"])
        channel, ts = str(body["channel"]["id"]), str(body["container"].get("message_ts", ""))
        place = Place(channel, ts, self._store.run_at(channel, ts))
        actor = _actor({"team_id": body["team"]["id"], "user_id": body["user"]["id"]})
        key = f"a:{body.get('trigger_id')}"
        args = {str(name): str(value) for name, value in wish["args"].items()}
        intent = Intent(actor, place, str(wish["verb"]), args, await self._language(actor), key)
        card = await self._desk.take(intent)
        if isinstance(card, Card):
            await respond(response_type="ephemeral", replace_original=False, **message_of(card))

    async def on_mention(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """`@connectathon rerun` also works in threads, where commands do not."""
        await self._written(event, body)

    async def on_message(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """A direct message is a command; what bots write, or what was changed, is none."""
        if event.get("channel_type") == "im" and not event.get("bot_id") and not event.get("subtype"):
            await self._written(event, body)

    async def _written(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        channel, thread = str(event["channel"]), str(event.get("thread_ts") or event["ts"])
        actor = _actor({"team_id": body.get("team_id", ""), "user_id": event["user"]})

        async def reply(**message: Any) -> None:
            kept = {name: message[name] for name in ("text", "blocks")}
            await self._client.chat_postMessage(channel=channel, thread_ts=thread, **kept)

        place = Place(channel, thread, self._store.run_at(channel, thread))
        text = MENTION.sub("", str(event.get("text", ""))).strip()
        await self._take(text, actor, place, reply, key=f"e:{body.get('event_id')}")

    async def _take(
        self, text: str, actor: str, place: Place, respond: Any, *, key: str, trigger: str = ""
    ) -> None:  # fmt: skip
        intent = Intent(actor, place, "help", {}, await self._language(actor), key)
        card = await self._desk.hear(text, intent)
        if isinstance(card, Form) and trigger:
            await self._client.views_open(trigger_id=trigger, view=modal_of(card, channel=place.channel))
        elif card is not None:
            told = Card(card.usage, "bad") if isinstance(card, Form) else card
            await respond(response_type="ephemeral", **message_of(told))

    async def _language(self, actor: str) -> Language:
        """Returns what the person has chosen, else their locale in Slack, else the event's."""
        chosen = self._store.language_of(actor)
        if chosen is not None:
            return chosen
        if actor not in self._locales:
            try:
                found = await self._client.users_info(user=actor.partition(":")[2], include_locale=True)
                tag = str((found.get("user") or {}).get("locale") or "")
            except SlackApiError:
                tag = ""
            self._locales[actor] = language_of(tag, default=self._default)
        return self._locales[actor]


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()


def _actor(body: Mapping[str, Any]) -> str:
    """Returns the name of a person over all workspaces."""
    return f"{body['team_id']}:{body['user_id']}"
