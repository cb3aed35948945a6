"""Known faults of the event's mediator, each switched on for an exercise (`serve --fault NAME`).

vague_refusal      a refused document gets a bare 400 without a reason
hanging_refusal    a refused document gets no answer at all
late_address       the attachment leads to a place that exists only some seconds after the answer
undefined_patient  a patient without an id is stored as Patient/undefined, over whoever was there
duplicates         a document that comes again is stored again
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from starlette.background import BackgroundTask
from starlette.requests import Request

from sandbox.fhir.json import Json, parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.changing import update
from sandbox.threads import run_in_threadpool

# longer than a client takes that reads at once, short enough for a lesson
LATE_SECONDS = 3.0


def with_faults(submission: Json, faults: frozenset[str]) -> Json:
    """Returns a submission as the original would make it."""
    entries = [dict(entry) for entry in submission["entry"]]
    if "duplicates" in faults:
        for entry in entries:
            entry["request"] = {
                name: value for name, value in entry["request"].items() if name != "ifNoneExist"
            }
    if "undefined_patient" in faults:
        # the original updates `Patient/` and the id, which is "undefined" in JavaScript
        patient = entries[0]["resource"]
        id = patient.get("id", "undefined")
        entries[0] |= {
            "resource": {**patient, "id": id},
            "request": {"method": "PUT", "url": f"Patient/{id}"},
        }
    return {**submission, "entry": entries}


async def hang(request: Request) -> None:
    """Waits until the client has had enough."""
    # ASGI tells of a client that left only when asked
    while not await request.is_disconnected():
        await asyncio.sleep(0.2)


def postpone_address(reply: Reply, call: Call, services: Services) -> BackgroundTask:
    """Stores the new DocumentReference with an address that leads nowhere.

    Args:
        reply: The response of the submission, which names where each entry was stored.
        call: The request.
        services: What the server works with.

    Returns:
        The work that puts the right address back, LATE_SECONDS after the response.
    """
    entries = reply.body["entry"] if isinstance(reply.body, dict) else []
    place = next(
        entry["response"]["location"]
        for entry in entries
        if "DocumentReference/" in entry["response"]["location"]
    )
    id = place.split("/")[1]
    stored = services.store.read("DocumentReference", id)
    right: Json = parse_json(stored.body or b"{}") if stored else {}
    content = right["content"][0]
    number = content["attachment"]["url"].rpartition("/")[2]
    # the original stores the address with the document's urn and corrects it afterwards
    astray = {
        **content,
        "attachment": {**content["attachment"], "url": f"{call.base}/Bundle/urn:uuid:{number}"},
    }

    def store(resource: Json) -> None:
        update(replace(call, type="DocumentReference", id=id, body=resource, headers={}), services)

    async def mend() -> None:
        await asyncio.sleep(LATE_SECONDS)
        await run_in_threadpool(store, right)

    store({**right, "content": [astray]})
    return BackgroundTask(mend)
