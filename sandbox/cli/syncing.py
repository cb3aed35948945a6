"""`connectathon wallet sync`: a wallet of 2023 fetches what a ministry has left for it in the
mailbox of LACChain, and follows the chain of trust to its root by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.cli.vc import report_lines
from sandbox.i18n import Language, say
from sandbox.settings import data_folder

if TYPE_CHECKING:
    from sandbox.credentials.lacchain.keyring import Identity
    from sandbox.credentials.wallet.calling import Send
    from sandbox.credentials.wallet.kept import KeptWallet
    from sandbox.store.sealed import SealedStore

    Way = tuple[str, Send, dict[str, str]]


def sync(kept: KeptWallet, data: Path | None, name: str, way: Way, language: Language) -> None:
    """Fetches the letters of a wallet, keeps what is new, and prints how each was checked.

    Args:
        kept: The wallet.
        data: The data folder; the user's for None.
        name: The name of the wallet.
        way: The address of a sandbox, what asks it, and the headers that let in there.
        language: Of what is printed.
    """
    from sandbox.credentials.lacchain.resolving import Documents
    from sandbox.credentials.lacchain.syncing import Lacchain
    from sandbox.credentials.report import Known
    from sandbox.credentials.verifying import verify
    from sandbox.credentials.wallet.receiving import Received

    network = Lacchain(*way)
    identity = _identity(data, name)
    network.publish(identity)
    print(say("cli.wallet.did", language, did=identity.did))
    at = datetime.now(UTC)
    letters = [letter.decode("utf-8", "replace") for letter in network.letters(identity, at=at)]
    blocks = network.blocks()
    known = Known(Documents(blocks, at, {}), None, None, blocks)
    before = {row["text"] for row in kept.credentials()}
    for text in letters:
        report = verify(text, known, at=at)
        print("\n".join(report_lines(report, language)))
        if text in before:
            print(say("cli.wallet.there", language))
            continue
        received = Received(text, "lacpass-2023", report)
        id = kept.add(received, identity.account, report.issuer, at=at)
        print(say("cli.wallet.received", language, id=id))
    if not letters:
        print(say("cli.wallet.no_letters", language))


def _identity(data: Path | None, name: str) -> Identity:
    """Returns the DID of a wallet of this machine, made where it has none."""
    from sandbox.cli.stored import opened
    from sandbox.credentials.lacchain.keyring import KeyRing, new_identity
    from sandbox.sealing import Keys
    from sandbox.store.sealed import SealedStore

    @contextmanager
    def place() -> Iterator[SealedStore]:
        with opened(data) as partitions:
            yield SealedStore(partitions.main)

    ring = KeyRing(place, Keys(data or data_folder()), f"wallet/{name}")
    known = ring.every()
    return known[0] if known else ring.add(new_identity())
