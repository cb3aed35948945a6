"""A run of an issuer can be handed in: nothing in its evidence is worth anything to a wallet, and it is judged the same."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.event.handing_in import hand_in, read_handed_in
from sandbox.event.run import Run
from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.ids import sequence_of_ids
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.testbench.offer_lines import lines_of, without_codes
from sandbox.testbench.sending import Sender
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.event.test_instances import PIA
from tests.sandbox.testbench.issuer_twins import TWINS, Faulty

BASE = "http://sandbox.test/vci/CL"


def made(folder: Path, name: str, form: str) -> tuple[Run, bytes, list[str]]:
    """Plays a track at home; returns the run, its evidence and the secrets of its offers."""
    secrets: list[str] = []
    partitions = Partitions(folder / "home")
    with a_sandbox(folder, country="CL") as client:
        lines = []
        for has_pin in (True, True, True, False):
            wish = {"country": "CL", "content": CONTENTS["icvp_2025"], "pin": has_pin}
            offer = client.post("/api/offers", json=wish).json()
            lines.append(f"{offer[form]} {offer.get('pin', '')}".strip())
            secrets += [offer["pin"]] if has_pin else []
        served: Any = client.app
        given = {"offers": "\n".join(lines)}
        transport: Any = Faulty(served, TWINS[name])
        runs = Runs(RunStore(partitions.main), clock=TickingClock(), new_id=sequence_of_ids("home"))
        run = runs.start("vci.issuer", System("ours", BASE), given=given)

        async def play() -> None:
            async with Sender(BASE, transport=transport) as send:
                await runs.carry_out(run.id, send)

        asyncio.run(play())
        done = runs.read(run.id)
        content = runs.evidence(run.id)
    partitions.close()
    return done, content, secrets


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("right", "link"),
        ("right", "by_value"),
        ("takes_codes_twice", "by_value"),
        ("needs_no_pin", "link"),
    ],
)
def test_what_is_handed_in_is_judged_as_it_was_played(name: str, form: str, tmp_path: Path) -> None:
    done, content, secrets = made(tmp_path, name, form)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        whole = b"".join(archive.read(member) for member in archive.namelist())
    assert len(secrets) == 3
    assert not [secret for secret in secrets if f" {secret}".encode() in whole]
    partitions = Partitions(tmp_path / "here")
    runs = Runs(RunStore(partitions.main), clock=TickingClock(), new_id=sequence_of_ids("here"))
    handed = read_handed_in(content)
    again = asyncio.run(hand_in(runs, handed, System("ours", BASE), PIA, clock=TickingClock()))
    partitions.close()
    met = {outcome.test: outcome.verdict for outcome in again.outcomes.values()}
    assert met == {outcome.test: outcome.verdict for outcome in done.outcomes.values()}
    assert again.verdict == ("pass" if name == "right" else "fail")


def test_codes_and_pins_are_taken_out_and_the_rest_stays() -> None:
    offer = {
        "credential_issuer": "https://issuer.example",
        "grants": {"urn:x": {"pre-authorized_code": "secret-1", "tx_code": {"length": 6}}},
    }
    by_value = f"openid-credential-offer://?credential_offer={quote(json.dumps(offer))} 493536"
    by_reference = "haip-vci://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Fo%2F1"
    odd = "openid-credential-offer://?credential_offer=%7Bsecret-2"
    none = "openid-credential-offer://?offer=secret-3"
    text = without_codes("\n".join([by_value, by_reference, odd, none]))
    assert not [word for word in ("secret", "493536") if word in text]
    first, second, third, fourth = lines_of(text)
    assert (first.pin, second.pin) == ("***", "")
    read = json.loads(first.named["credential_offer"][0])
    assert read["grants"]["urn:x"] == {"pre-authorized_code": "***", "tx_code": {"length": 6}}
    assert second.named == {"credential_offer_uri": ["https://issuer.example/o/1"]}
    assert (third.named, fourth.named) == ({"credential_offer": ["***"]}, {})
