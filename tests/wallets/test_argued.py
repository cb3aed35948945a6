"""Inputs that were argued by clause and taken here are taken by programs of others; where they take more stands in a table."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sandbox.credentials.keys import to_jwk
from tests.conftest import WALLETS
from tests.sandbox.credentials.argued_credentials import HOLDERS, SDJWTS
from tests.sandbox.credentials.argued_wallets import NOW, OFFERS, QUERIES
from tests.sandbox.credentials.making import ASKED, ISSUER

pytestmark = [pytest.mark.needs("wallets"), pytest.mark.slow]
HERE = Path(__file__).parent
LAXER: dict[str, list[str]] = tomllib.loads((HERE / "argued.toml").read_text(encoding="utf-8"))
"""What they take and we refuse; the clause stands in each name."""


def test_programs_by_others_refuse_nothing_that_we_take() -> None:
    # what has to be fetched is not theirs to judge here
    offers = {name: row for name, row in OFFERS.items() if "reference" not in name}
    inputs: dict[str, dict[str, Any]] = {
        "offers": {name: link for name, (link, _) in offers.items()},
        "queries": {name: query for name, (query, _) in QUERIES.items()},
        "credentials": {name: made() for name, (made, _) in SDJWTS.items()},
        "shown": {name: made() for name, (made, _) in HOLDERS.items()},
    }
    ours = {
        "offers": {name for name, (_, told) in offers.items() if told.startswith("wallet.")},
        "queries": {name for name, (_, is_one) in QUERIES.items() if not is_one},
        "credentials": {name for name, (_, told) in SDJWTS.items() if told != "good"},
        "shown": {name for name, (_, told) in HOLDERS.items() if told != "good"},
    }
    given = {**inputs, "key": to_jwk(ISSUER.public_key()), "nonce": ASKED.nonce, "now": NOW}
    command = ["node", str(HERE / "argued.mjs"), str(WALLETS / "node_modules")]
    said = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, timeout=120, check=False
    )
    assert said.returncode == 0, said.stderr[-3000:]
    theirs: dict[str, dict[str, str]] = json.loads(said.stdout)
    for kind, names in ours.items():
        # nothing that we take is refused by them
        strict = {name: told for name, told in theirs[kind].items() if name not in names}
        assert strict == {}, kind
        assert names - set(theirs[kind]) == set(LAXER[kind]), kind
