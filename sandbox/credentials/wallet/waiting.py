"""What a wallet waits for: a credential that its issuer makes later (OpenID4VCI 1.0 9).  Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sandbox.credentials.texts import Json
from sandbox.credentials.wallet.calling import Reply

LONGEST_INTERVAL = 86_400


@dataclass(frozen=True, slots=True)
class Waiting:
    """A credential that is not ready: how it is asked for, and for how many seconds it is not."""

    configuration: str
    transaction: str
    token: str
    address: str
    notified_at: str
    interval: int

    def as_json(self) -> Json:
        """Returns it as it is kept."""
        return asdict(self)


def waiting_in(reply: Reply, configuration: str, metadata: Json, token: str) -> Waiting | None:
    """Returns what an issuer tells a wallet to wait for; None where it does not.

    Args:
        reply: Of its credential endpoint.
        configuration: What was asked for.
        metadata: Its own, with where to ask again.
        token: Which let the wallet in.
    """
    address = metadata.get("deferred_credential_endpoint")
    transaction = reply.json.get("transaction_id")
    if reply.status != 202 or not isinstance(transaction, str) or not isinstance(address, str):
        return None
    notified_at = str(metadata.get("notification_endpoint", ""))
    interval = interval_in(reply)
    return Waiting(configuration, transaction, token, address, notified_at, interval)


def interval_in(reply: Reply) -> int:
    """Returns for how many seconds an issuer is not to be asked again; a second, if it says
    nothing that can be read.

    Args:
        reply: Its answer.
    """
    interval = reply.json.get("interval")
    if isinstance(interval, bool) or not isinstance(interval, int):
        return 1
    return min(max(interval, 1), LONGEST_INTERVAL)
