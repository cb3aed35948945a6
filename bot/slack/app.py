"""Turns Slack's commands, mentions, clicks and forms into intents, and answers the asker privately.

One listener for each way in; all of them end at the dispatcher.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards import Button, Card, Form
from bot.dispatcher import Dispatcher
from bot.grammar import Intent, Place, line_of
from bot.judging import document_of
from bot.reading.documents import document_in
from bot.slack.files import NotFetched, fetch
from bot.slack.manifest import NAMES, VALIDATE
from bot.slack.places import is_alone, own_id, placed, team_in
from bot.slack.views import chosen_in, held_in, home_of, modal_of
from bot.slack.workspaces import Workspaces
from bot.slack.writing import calls_another, decoded
from bot.store import Store
from bot.words import Language, language_of, say

log = logging.getLogger("bot")
MOST_FILES = 5  # of one message
SAID = (None, "file_share", "thread_broadcast")  # kinds of messages that somebody has written


class SlackFace:
    """Turns what Slack delivers into intents for one dispatcher."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        store: Store,
        workspaces: Workspaces,
        *,
        default: Language = "en",
    ) -> None:
        self._dispatcher = dispatcher
        self._store = store
        self._workspaces = workspaces
        self._default = default
        self._locales: dict[str, Language] = {}

    def listen(self, app: AsyncApp) -> None:
        """Adds the listeners; Slack has its acknowledgement before one of them is called."""
        for name in NAMES:
            app.command(name)(self.on_command)
        app.action(re.compile(r"^ct:"))(self.on_click)
        app.action(re.compile(r"^form:"))(self.on_choice)
        app.view(re.compile(r"^ct:"))(self.on_submit)
        app.shortcut(VALIDATE)(self.on_validate)
        app.event("app_home_opened")(self.on_home)
        app.event("app_mention")(self.on_mention)
        app.event("message")(self.on_message)
        app.event("app_uninstalled")(self.on_uninstalled)
        app.event("tokens_revoked")(self.on_revoked)

    async def on_command(
        self, ack: AsyncAck, body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        """`/ct run mhd.recipient ours`: the answer is the asker's alone, a run's card is for the
        channel.
        """
        await ack()
        user = str(body["user_id"])
        asked = await self._intent(body, self._place(str(body["channel_id"]), user, body))
        text = decoded(str(body.get("text", "")), bot=_bot_in(context))
        answer = await self._dispatcher.hear(text, asked)
        await self._open(answer, asked, trigger=str(body.get("trigger_id")))

    async def on_submit(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Handles a form that was filled in, as the same command in words."""
        await ack()
        channel, args = held_in(body["view"])
        verb = str(body["view"]["callback_id"]).partition(":")[2]
        place = self._place(own_id(channel), str(body["user"]["id"]), body)
        asked = await self._intent(body, place)
        await self._dispatcher.take(replace(asked, verb=verb, args=args | chosen_in(body["view"])))

    async def on_choice(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """A choice in a form on which other fields depend: the form is drawn anew."""
        await ack()
        view = body["view"]
        channel, args = held_in(view)
        verb = str(view["callback_id"]).partition(":")[2]
        intent = replace(
            await self._intent(body, Place(channel)), verb=verb, args=args | chosen_in(view)
        )
        form = await self._dispatcher.form(intent)
        if form is not None:
            drawn = modal_of(form, channel=channel)
            await self._client_of(body).views_update(
                view_id=str(view["id"]), hash=str(view["hash"]), view=drawn
            )

    async def on_validate(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """`Validate` in the menu of a message, whoever wrote it: whoever asks is answered alone."""
        await ack()
        message = body["message"]
        user = str(body["user"]["id"])
        place = self._place(str(body["channel"]["id"]), user, body)
        asked = await self._intent(body, place)
        for number, file in enumerate(list(message.get("files") or ())[:MOST_FILES]):
            numbered = replace(asked, key=f"{asked.key}:{number}")
            content = await self._content_of(file, numbered)
            if content is not None:
                await self._dispatcher.judge(document_of(content), numbered)
        if not message.get("files"):
            text = decoded(str(message.get("text", "")))
            args = {"document": document_in(text) or text}
            await self._dispatcher.take(replace(asked, verb="validate", args=args))

    async def on_home(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """The Home tab is drawn anew each time that somebody opens it."""
        user = str(event["user"])
        place = Place(placed(workspace_of(body), user))
        intent = replace(await self._intent(body, place), verb="home")
        await self._client_of(body).views_publish(
            user_id=user, view=home_of(await self._dispatcher.home(intent))
        )

    async def on_click(self, ack: AsyncAck, body: Mapping[str, Any]) -> None:
        """Handles a button: its value holds the command, and the right to it is checked again."""
        await ack()
        action = body["actions"][0]
        if "value" not in action:
            return  # a link
        user = str(body["user"]["id"])
        wish = json.loads(action["value"])
        channel = str((body.get("channel") or {}).get("id", user))
        ts = str(body["container"].get("message_ts", ""))
        is_home = (body.get("view") or {}).get("type") == "home"
        team = workspace_of(body)
        run = self._store.run_at(placed(team, channel), ts)
        # what is clicked at home is answered there
        place = (
            Place(placed(team, user))
            if is_home
            else self._place(channel, user, body, thread=ts, run=run)
        )
        args = {str(name): str(value) for name, value in wish["args"].items()}
        intent = replace(await self._intent(body, place), verb=str(wish["verb"]), args=args)
        answer = await self._dispatcher.take(intent)
        # where nothing can be answered, what is shown is drawn anew
        if is_home and isinstance(answer, Card):
            cards = [answer, *await self._dispatcher.home(intent)]
            await self._client_of(body).views_publish(user_id=user, view=home_of(cards))
        else:
            await self._open(answer, intent, trigger=str(body.get("trigger_id")))

    async def on_mention(
        self, event: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        """`@connectathon rerun` also works in threads, where commands do not; what begins with a
        mention of somebody else is for them.
        """
        bot = _bot_in(context)
        if not calls_another(str(event.get("text", "")), bot=bot):
            await self._written(event, body, bot)

    async def on_message(
        self, event: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext
    ) -> None:
        """A direct message is a command; what bots write, or what was changed, is none."""
        if (
            event.get("channel_type") == "im"
            and not event.get("bot_id")
            and event.get("subtype") in SAID
        ):
            await self._written(event, body, _bot_in(context))

    async def on_uninstalled(self, body: Mapping[str, Any]) -> None:
        """A workspace has taken the app out: its token and its people are forgotten."""
        self._workspaces.end(workspace_of(body), is_uninstalled=True)

    async def on_revoked(self, event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """A workspace has taken the bot's token back; tokens of people, of which there are none
        here, change nothing.
        """
        if (event.get("tokens") or {}).get("bot"):
            self._workspaces.end(workspace_of(body))

    def _place(
        self, channel: str, user: str, body: Mapping[str, Any], *, thread: str = "", run: str = ""
    ) -> Place:
        """Returns where something was said, with the ways back to who said it."""
        team = workspace_of(body)
        return Place(
            placed(team, channel),
            thread,
            run,
            asker=placed(team, user),
            back=str(body.get("response_url") or ""),
            is_alone=is_alone(channel),
        )

    async def _written(self, event: Mapping[str, Any], body: Mapping[str, Any], bot: str) -> None:
        channel = str(event["channel"])
        thread = str(event.get("thread_ts") or event["ts"])

        run = self._store.run_at(placed(workspace_of(body), channel), thread)
        place = self._place(channel, str(event["user"]), body, thread=thread, run=run)
        asked = await self._intent(body, place)
        files = list(event.get("files") or ())[:MOST_FILES]
        text = decoded(str(event.get("text", "")), bot=bot)
        for number, file in enumerate(files):
            await self._take_file(file, text, replace(asked, key=f"{asked.key}:{number}"))
        if not files:
            answer = await self._dispatcher.hear(text, asked)
            await self._open(answer, asked, trigger="")

    async def _take_file(self, file: Mapping[str, Any], text: str, asked: Intent) -> None:
        """Takes a file that was dropped to the sandbox, with what was written beside it."""
        content = await self._content_of(file, asked)
        if content is not None:
            name = str(file.get("name") or "")
            await self._dispatcher.take_file(document_of(content), asked, name=name, text=text)

    async def _content_of(self, file: Mapping[str, Any], asked: Intent) -> bytes | None:
        """Returns the bytes of a file; None where it cannot be had, which the asker is told."""
        client = self._workspaces.client_of(team_in(asked.place.channel))
        try:
            return await fetch(file, token=str(client.token), base=str(client.base_url))
        except NotFetched as error:
            self._dispatcher.tell(Card(say(str(error), asked.language), "bad"), asked)
            return None

    async def _intent(self, body: Mapping[str, Any], place: Place) -> Intent:
        """Returns what somebody wants, as far as the delivery says: who, where, in which
        language.
        """
        actor = actor_of(body)
        language = await self._language(actor, body)
        return Intent(actor, place, "help", {}, language, key_of(body))

    def _client_of(self, body: Mapping[str, Any]) -> AsyncWebClient:
        return self._workspaces.client_of(workspace_of(body))

    async def _open(self, answer: Card | Form | None, intent: Intent, *, trigger: str) -> None:
        """Opens a form, which Slack takes for three seconds after the click; where it does not, the
        asker is told how to go on without.
        """
        if not isinstance(answer, Form):
            return
        lines = (f"`{line_of(answer.verb, {}, intent.language)}`", answer.usage)
        if trigger:
            drawn = modal_of(answer, channel=intent.place.channel)
            try:
                client = self._workspaces.client_of(team_in(intent.place.channel))
                await client.views_open(trigger_id=trigger, view=drawn)
            except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
                log.warning("no form: %s", reason_of(error))
            else:
                return
            again = Button(answer.title, answer.verb, answer.args)
            card = Card(say("said.no_form", intent.language), "bad", lines=lines, buttons=(again,))
        else:
            card = Card(answer.usage, "bad", buttons=(Button(answer.title, answer.verb),))
        self._dispatcher.tell(card, intent)

    async def _language(self, actor: str, body: Mapping[str, Any]) -> Language:
        """Returns what the person has chosen, else their locale in Slack, else the event's."""
        chosen = self._store.language_of(actor)
        if chosen is not None:
            return chosen
        # asked once: users.info is limited for the workspace as a whole (Tier 4)
        if actor not in self._locales:
            try:
                info = await self._client_of(body).users_info(
                    user=actor.partition(":")[2], include_locale=True
                )
                tag = str((info.get("user") or {}).get("locale") or "")
            except (SlackApiError, aiohttp.ClientError, TimeoutError):
                return self._default  # asked again the next time
            self._locales[actor] = language_of(tag, default=self._default)
        return self._locales[actor]


def _bot_in(context: AsyncBoltContext) -> str:
    """Returns the bot's own user where a delivery comes from; empty where Slack was away when it
    was asked.
    """
    return str(context.bot_user_id or "")


def reason_of(error: Exception) -> str:
    """Returns why Slack refused, or how the call was cut off; never what was sent."""
    return (
        str(error.response.get("error"))
        if isinstance(error, SlackApiError)
        else type(error).__name__
    )


def key_of(body: Mapping[str, Any]) -> str:
    """Returns what two deliveries of one message share: Slack's trigger or event, else a hash of
    all of it.
    """
    given = body.get("trigger_id") or body.get("event_id")
    return (
        str(given)
        if given
        else hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    )


def workspace_of(body: Mapping[str, Any]) -> str:
    """Returns the workspace from which a delivery comes; where the app is installed for a whole
    organisation, that of the person, else the organisation.

    Args:
        body: As Slack sent it: `team` is null in clicks of an organisation's app.
    """
    user = body.get("user")
    given = (
        body.get("team_id"),
        (body.get("team") or {}).get("id"),
        user.get("team_id") if isinstance(user, Mapping) else "",
        (body.get("enterprise") or {}).get("id"),
        body.get("enterprise_id"),
    )
    return str(next(filter(None, given), ""))


def actor_of(body: Mapping[str, Any]) -> str:
    """Returns the name of the person from whom a delivery comes, over all workspaces."""
    team = workspace_of(body)
    user = (
        body.get("user_id")
        or (body.get("user") or {}).get("id")
        or (body.get("event") or {}).get("user", "")
    )
    return f"{team}:{user}"
