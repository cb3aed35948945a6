"""What `make bench` says of a wallet: how long a query takes over many credentials."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from sandbox.credentials.sdjwt.issuing import issue
from sandbox.credentials.vaccination import VCT
from sandbox.credentials.wallet.answering import Held, shares_of
from sandbox.credentials.wallet.kept import new_key
from sandbox.credentials.wallet.requests import Asking

CREDENTIALS, TURNS = 500, 21
DISCLOSABLE = [("name",), ("birthdate",), ("vaccine", "product"), ("vaccine", "lot")]


def figures() -> Iterator[tuple[str, str, str]]:
    """Yields name, figure and what it is held against."""
    wallet = [_held(number) for number in range(CREDENTIALS)]
    # only the last one fits: all are looked at
    claims = [{"path": ["vaccine", "lot"], "values": [str(CREDENTIALS - 1)]}]
    item = {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, "claims": claims}
    asking = Asking({"dcql_query": {"credentials": [item]}}, "")
    taken = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        shares_of(asking, wallet)
        taken.append((time.perf_counter() - begun) * 1000)
    name = f"a DCQL query over a wallet of {CREDENTIALS} credentials"
    yield name, f"{statistics.median(taken):.1f} ms", "under 50 ms"


def _held(number: int) -> Held:
    key = new_key()
    vaccine = {"product": "YellowFever", "lot": str(number)}
    claims: dict[str, Any] = {"vct": VCT, "name": f"Rosa {number}", "birthdate": "1958-03-21"}
    claims["vaccine"] = vaccine
    return Held(str(number), issue(claims, DISCLOSABLE, key, {}), claims, key)
