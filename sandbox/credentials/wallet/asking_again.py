"""Asks an issuer again for a credential that was not ready (OpenID4VCI 1.0 9).

Nothing sleeps here: whoever holds the wallet asks, not before the issuer has said.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.credentials.wallet.calling import Send, json_call, sent, unexpected
from sandbox.credentials.wallet.kept import KeptWallet
from sandbox.credentials.wallet.receiving import Judge, Received, arrived
from sandbox.credentials.wallet.waiting import interval_in
from sandbox.errors import BadRequest


def ask_again(
    kept: KeptWallet, id: str, *, send: Send, judge: Judge, at: datetime
) -> tuple[str, str]:
    """Asks for a credential that was not ready.

    Args:
        kept: The wallet.
        id: Of what it waits for.
        send: Sends.
        judge: Verifies what came.
        at: Now.

    Returns:
        The id of the credential; and from when on to ask again, where it is still not ready.

    Raises:
        NotFound: The wallet waits for nothing of that id.
        BadRequest: It is too early, the issuer refuses, or what came is not to be kept.
    """
    row, waiting, key = kept.waited_for(id)
    _check_time(row["not_before"], at)
    call = json_call(waiting.address, {"transaction_id": waiting.transaction}, waiting.token)
    reply = sent(send, call)
    if reply.status == 202:
        until = at + timedelta(seconds=interval_in(reply))
        kept.wait_longer(id, until)
        return "", until.isoformat()
    if reply.status != 200:
        raise unexpected(waiting.address, reply)

    def notify(event: str) -> None:
        notification = reply.json.get("notification_id")
        if isinstance(notification, str) and waiting.notified_at:
            body = {"notification_id": notification, "event": event}
            sent(send, json_call(waiting.notified_at, body, waiting.token))

    text, report = arrived(reply, waiting.address, key, judge, notify)
    received = Received(text, waiting.configuration, report)
    return kept.came(id, received, key, row["issuer"], at=at), ""


def _check_time(not_before: str, at: datetime) -> None:
    if at < datetime.fromisoformat(not_before):
        shown = {"found": not_before[:19].replace("T", " ")}
        raise BadRequest("wallet.too_early", where="id", clause="OpenID4VCI 1.0 9.2", **shown)
