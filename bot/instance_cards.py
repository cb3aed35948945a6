"""Cards about test instances: where one stands, who takes part, what can be done next.  Pure.

A card tells states, roles and systems; what people said of an instance stays on its page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from bot.cards import Button, Card, Tone
from bot.words import Language, say

TONES: dict[str, Tone] = {
    "verified": "good",
    "partially": "plain",
    "failed": "bad",
    "aborted": "bad",
    "incomplete": "plain",
}
UNDER_WAY = ("started", "paused")
WAITING = ("to_verify", "critical")
LOST = ("failed", "partially")
"""Decided by a monitor, and not as the teams would have it."""
OVER = ("verified", "failed", "aborted", "incomplete")
FAILED_SHOWN = 3
ANSWERS = {"accept": "button.accept", "decline": "button.decline"}
ACTS = {
    "accept": "accept",
    "decline": "decline",
    "ask": "submit",
    # whoever may hand an instance in may end a run of it
    "finish": "submit",
    "contest": "contest",
    "claim": "claim",
    "verify": "decide",
    "return": "return",
}
"""By the verb of a button, the word by which the API knows the same."""


def instance_card(
    instance: Any, base: str, language: Language, *, acts: Collection[str] | None = None
) -> Card:
    """Returns where an instance stands.

    Args:
        instance: As `/api/instances/ID` gives it.
        base: The address of the sandbox, for links.
        language: Of the card.
        acts: What the reader may do, where one person alone reads it; None for a card that all
            read, whose buttons ask anew who clicks.
    """
    facts = [(say("fact.state", language), instance["state_name"])]
    if instance["monitor"]:
        facts.append((say("fact.review", language), instance["monitor"]))
    buttons = [
        button
        for button in _buttons(instance, language)
        if acts is None or ACTS[button.verb] in acts
    ]
    return Card(
        f"{instance['test']} · {instance['title']} · {instance['id']}",
        TONES.get(instance["state"], "busy"),
        tuple(facts),
        tuple(_lines(instance, language)),
        buttons=(*buttons, page_of(instance["id"], base, language)),
    )


def page_of(id: str, base: str, language: Language) -> Button:
    """Returns the button that opens the page of an instance."""
    url = f"{base}/instances/{id}?lang={language}"
    return Button(say("button.page", language), "instance", url=url)


def instance_line(row: Any) -> str:
    """Returns an instance of a list in one line."""
    who = ", ".join(row["systems"]) or "–"
    return f"`{row['id']}` {row['test']} {row['title']} · {who}: {row['state_name']}"


def part_named(instance: Any, standing: str, *, team: str = "") -> list[Any]:
    """Returns the parts of an instance whose teams have answered so.

    Args:
        instance: As `/api/instances/ID` gives it.
        standing: invited, accepted or declined.
        team: The name of the team; empty for any.
    """
    return [
        part
        for part in instance["parts"]
        if part["standing"] == standing and team in ("", part["team"])
    ]


def invited_card(instance: Any, base: str, language: Language) -> Card:
    """Returns what a team is told that is invited."""
    first = instance["parts"][0]
    title = say("said.invited_you", language, team=first["team"], test=instance["test"])
    card = instance_card(instance, base, language, acts=("accept", "decline"))
    return Card(title, "busy", lines=(instance["title"], *card.lines), buttons=card.buttons)


def moved_card(instance: Any, base: str, language: Language) -> Card:
    """Returns what the teams of an instance are told of what a monitor did; the words of a person
    stay on its page.
    """
    title = say(
        "said.instance_moved",
        language,
        test=instance["test"],
        title=instance["title"],
        state=instance["state_name"],
    )
    lines = (say("said.comment_at", language),) if instance["comment"] else ()
    page = page_of(instance["id"], base, language)
    return Card(title, TONES.get(instance["state"], "busy"), lines=lines, buttons=(page,))


def checklist_card(instance: Any, wish: dict[str, str], language: Language) -> Card:
    """Returns the points that a monitor must have seen, with the button that says so.

    Args:
        instance: As `/api/instances/ID` gives it.
        wish: What the monitor has said so far, by name.
        language: Of the card.
    """
    points = tuple(f"☐ {point}" for point in instance["checklist"])
    title = say("said.checklist", language, count=len(points))
    args = {**wish, "run": instance["id"], "seen": "yes"}
    button = Button(say("button.all_seen", language), "verify", args)
    return Card(title, "busy", lines=points, buttons=(button,))


def version_of(instance: Any) -> str:
    """Returns what changes with each act, so that a button acts on what its card showed."""
    return f"{instance['state']}.{instance['monitor']}.{instance['changed']}"


def _lines(instance: Any, language: Language) -> Iterator[str]:
    for part in instance["parts"]:
        standing = say(f"part.{part['standing']}", language)
        yield f"{part['title']}: `{part['system']}` {part['team']} – {standing}"
    taken = {part["role"] for part in instance["parts"] if part["standing"] != "declined"}
    free = [role for role in instance["open_roles"] if role not in taken]
    if free and instance["state"] in UNDER_WAY:
        yield say("said.free_roles", language, roles=", ".join(free), test=instance["test"])
    for result in instance["bench"]:
        verdict = say(f"verdict.{result['verdict']}", language) if result["verdict"] else "–"
        yield f"{result['role']} · {result['track']}: {verdict}"
        # before what an earlier one has failed: how the system is now
        if result.get("last_run") and result["last_state"] == "done" and result["last_verdict"]:
            newest = say(f"verdict.{result['last_verdict']}", language)
            yield say("said.newest_try", language, verdict=newest)
        for check in _failed(result)[:FAILED_SHOWN]:
            yield f"✗ {check['number']} · {check['title']}"


def _failed(result: Any) -> Sequence[Any]:
    # a server that is older than its bot does not tell
    failed: Sequence[Any] = result.get("failed", ())
    return failed


def _buttons(instance: Any, language: Language) -> Iterator[Button]:
    args = {"run": instance["id"], "version": version_of(instance)}
    state = instance["state"]
    for part in part_named(instance, "invited") if state in UNDER_WAY else ():
        for verb, key in ANSWERS.items():
            label = f"{say(key, language)}: {part['system']}"
            yield Button(label, verb, {**args, "role": part["role"]})
    for result in instance["bench"] if state in UNDER_WAY else ():
        if result.get("last_state") == "waiting":
            label = f"{say('button.finish', language)}: {result['role']} · {result['track']}"
            yield Button(label, "finish", {"run": result["last_run"]})
    # what the bench has failed is not sent to be verified, but contested
    has_failed = any(map(_failed, instance["bench"]))
    if state in UNDER_WAY and not instance["open_roles"]:
        verb = "contest" if has_failed else "ask"
        yield Button(say(f"button.{verb}", language), verb, args)
    if state in LOST:
        yield Button(say("button.contest", language), "contest", args)
    if state in WAITING:
        for verb in ("verify", "return") if instance["monitor"] else ("claim",):
            yield Button(say(f"button.{verb}", language), verb, args)
