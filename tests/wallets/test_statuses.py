"""Status lists both ways: a library by others reads which of our credentials were taken back, and we which of its were."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.credentials.folder import CredentialFolder
from sandbox.credentials.issuing import Authority, Order, bitstring_list, issue_credential
from sandbox.credentials.report import Known
from sandbox.credentials.status.bits import LEAST_ENTRIES
from sandbox.credentials.verifying import verify
from sandbox.trust.revocations import unrecorded
from tests.conftest import WALLETS
from tests.sandbox.certificates.making import chile
from tests.sandbox.credentials.making import AT, HOLDER, did_of, reasons

pytestmark = [pytest.mark.needs("wallets"), pytest.mark.slow]
SCRIPT = Path(__file__).with_name("statuses.mjs")
LISTS = "https://chile.example/vci/CL/status"
CLAIMS = {"name": "Rosa", "vaccine": {"product": "XM0N24", "date": "2025-11-03"}}
CHANCE = random.Random("status 25")
# the ends, the bits of a byte, neighbours
PLACES = [0, 7, 8, LEAST_ENTRIES - 1, *CHANCE.sample(range(100, LEAST_ENTRIES - 100), 8)]
BESIDE = [1, 6, 9, LEAST_ENTRIES - 2, *(place + 1 for place in PLACES[4:])]
ASKED = [*PLACES, *BESIDE]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    signer = chile().dsc[0]
    authority = Authority(signer.key, signer.certificate, LISTS)
    folder = CredentialFolder(tmp_path_factory.mktemp("CL"), record=unrecorded)
    credentials = [_issued(folder.new_place(), authority) for _ in range(3)]
    address = f"{LISTS}/bits"
    before = bitstring_list(folder.bits("most"), address, authority, at=AT)
    folder.take_back(int(credentials[1]["credentialStatus"]["statusListIndex"]))
    after = bitstring_list(folder.bits("most"), address, authority, at=AT)
    forged = {**after, "credentialSubject": before["credentialSubject"]}
    given = {
        "credentials": credentials,
        "lists": [before, after, forged],
        "places": PLACES,
        "asked": ASKED,
        "at": "2026-11-01T00:00:00Z",
    }
    said = subprocess.run(
        ["node", str(SCRIPT), str(WALLETS / "node_modules")],
        input=json.dumps(given), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr[-3000:]
    return dict(json.loads(said.stdout))


def _issued(place: int, by: Authority) -> Any:
    order = Order(CLAIMS, did_of(HOLDER), place, AT, AT.replace(year=AT.year + 1))
    return json.loads(issue_credential("ldp_vc", order, by))


def test_others_read_which_of_our_credentials_was_taken_back(seen: dict[str, Any]) -> None:
    before, after, forged = (seen["said"][start : start + 3] for start in (0, 3, 6))
    assert before == [[False], [False], [False]]
    assert after == [[False], [True], [False]]
    assert all("not verified" in text for text in forged), forged


def test_we_read_which_of_theirs_were_taken_back(seen: dict[str, Any]) -> None:
    made = seen["made"]
    known = Known(documents=made["lists"], issuers={made["issuer"]: "them"})
    words = {"revocation": "revoked", "suspension": "suspended"}
    assert len(made["credentials"]) == 2 * len(ASKED)
    for row in made["credentials"]:
        report = verify(json.dumps(row["credential"]), known, at=AT)
        is_set = row["place"] in PLACES
        assert reasons(report) == ({words[row["purpose"]]} if is_set else set()), row["place"]
        assert report.verdict == ("not_valid" if is_set else "valid")
