"""What our wallet shows of credentials of W3C verifies with programs by others, for one request of one verifier and for no other."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from sandbox.credentials.wallet.answering import shares_of, tokens_of
from tests.conftest import WALLETS, a_sandbox
from tests.sandbox.credentials.wallet.test_forms import JWT, LINKED, NAME, query_of
from tests.sandbox.credentials.wallet.test_wallet import AT, World

pytestmark = [pytest.mark.needs("wallets"), pytest.mark.slow]
SCRIPT = Path(__file__).with_name("presented.mjs")


def test_presentations_verify_with_digitalbazaar_jose_and_openid4vc(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        world = World(client, tmp_path / "sandbox")
        for form in (LINKED, JWT):
            offer = world.offer(formats=[form])
            world.receive(offer["link"], offer["pin"])
        items = [
            {**query_of(form)["credentials"][0], "id": name}
            for name, form in (("linked", LINKED), ("jwt", JWT))
        ]
        asking = world.read(world.ask({"credentials": items})["link"])
        token = tokens_of(asking, shares_of(asking, world.wallet.held(AT)), at=AT)
        world.partitions.close()
    given = {
        "linked": token["linked"][0],
        "jwt": token["jwt"][0],
        "request": asking.fields,
    }
    said = subprocess.run(
        ["node", str(SCRIPT), str(WALLETS / "node_modules")],
        input=json.dumps(given), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr[-3000:]
    seen = json.loads(said.stdout)
    assert seen["linked"]["verified"], seen["linked"]
    for wrong in ("otherChallenge", "otherDomain", "changed"):
        assert not seen[wrong]["verified"], wrong
    assert seen["jwt"] == {
        "aud": asking.client_id,
        "nonce": asking.fields["nonce"],
        "iss": seen["inner"]["sub"],
    }
    assert seen["inner"]["vc"]["credentialSubject"]["recipient"]["name"] == NAME
    assert seen["parsed"] == ["jwt", "linked"]
