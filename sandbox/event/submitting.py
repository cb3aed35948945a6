"""Hands a test instance in to be verified: the runs that wait for its systems, and have been sent
what the plan asks for, are ended first and judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sandbox.event.identity import Person
from sandbox.event.instance import Instance, check_words, may_act, move_of
from sandbox.event.instance_acts import Words
from sandbox.event.instances import Instances, who
from sandbox.event.judging import Judging
from sandbox.event.rights import may
from sandbox.event.run import Run
from sandbox.store.runs import read_anew
from sandbox.threads import run_in_threadpool

SUBMIT = "submit"


async def acted(
    instances: Instances, judging: Judging, id: str, act: str, person: Person, words: Words
) -> Instance:
    """Does what somebody may do by a word alone, as `Instances.act` does; what waits at an inbox
    is ended before it is handed in, and the history says which runs those were.

    Args:
        instances: Where the instance is kept.
        judging: What judges requests to inboxes.
        id: The instance.
        act: The word.
        person: Who does it.
        words: What comes with it.

    Raises:
        SandboxError: As `Instances.act` does.  What was ended stays so: its sender has said that
            all was sent.
    """
    if act == SUBMIT:
        for run in await run_in_threadpool(_waiting, instances, id, person):
            # what the client was answered may still be judged
            await judging.complete(run.id)
        complete = partial(_waiting, instances, id, person, is_complete=True)
        for run in await run_in_threadpool(complete):
            check_words(words.text, where="words")  # what is refused for them ends nothing
            await judging.finish(run.id)
            await run_in_threadpool(_note, instances, id, run, person)
    return await run_in_threadpool(instances.act, id, act, person, words)


def _waiting(
    instances: Instances, id: str, person: Person, *, is_complete: bool = False
) -> Sequence[Run]:
    """Returns the runs of an instance that wait for a client and that a person may end; with
    `is_complete` those whose result would count and is no failure.
    """
    instance = instances.read(id)
    if not may_act(person, SUBMIT, instance):
        return []
    # what cannot be handed in now ends nothing
    move_of(SUBMIT, instance)
    if any(instance.open_roles(instances.test_of(instance))):
        return []
    return [
        result.last
        for result in instances.bench(instance)
        if result.last is not None
        and result.last.state == "waiting"
        # one that fails stays open: what is mended can be sent to the same address
        and ((result.is_last_complete and not result.failing) or not is_complete)
        and may(person, "start", result.last.whose)
    ]


@read_anew
def _note(instances: Instances, id: str, run: Run, person: Person) -> None:
    line = {"run": run.id, "words": run.id, **who(person)}
    instances.write(id, instances.lines(id), [("ended", line)])
