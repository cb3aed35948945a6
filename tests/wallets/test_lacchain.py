"""DIDs and attributes of LACChain beside the original library: read by it as by us, and what it would write is folded by our registry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.credentials.did.lac1 import decode
from sandbox.credentials.lacchain.accounts import CHAIN_ID, DID_REGISTRY
from sandbox.credentials.lacchain.chain import Chain
from sandbox.credentials.lacchain.contracts import METHODS
from sandbox.credentials.lacchain.keyring import new_identity
from sandbox.credentials.lacchain.resolving import Query, resolve_did
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.testbench.tracks.did_registry import certificate
from tests.conftest import LACCHAIN, a_sandbox
from tests.wallets.test_wallets import run

pytestmark = [pytest.mark.needs("lacchain"), pytest.mark.slow]
START = datetime(2026, 6, 1, tzinfo=UTC)


def test_the_original_reads_our_dids_and_we_fold_what_it_writes(tmp_path: Path) -> None:
    identity = new_identity()
    given = {
        "did": identity.did,
        "wrong": identity.did[:-1] + ("2" if identity.did[-1] != "2" else "3"),
        "address": identity.address,
        "registry": DID_REGISTRY,
        "chain": hex(CHAIN_ID),
        "certificate": certificate().strip(),
    }
    seen = run("node", Path(__file__).parent / "lacpass.cjs", LACCHAIN, json.dumps(given))
    known = decode(identity.did).as_json()
    assert seen["decoded"]["address"].lower() == known["address"]
    assert seen["decoded"]["didRegistryAddress"].lower() == known["didRegistryAddress"]
    assert seen["decoded"]["chainId"] == known["chainId"]
    assert f"did:lac1:{seen['encoded']}".endswith(identity.did.removeprefix("did:lac1:"))
    assert seen["wrong"] == "Checksum mismatch"
    assert seen["to"].lower() == DID_REGISTRY

    with a_sandbox(tmp_path / "ours") as client:
        api = "/lacchain/CL/api/v1/did/lac1"
        ours = client.post(api, json={}).json()["did"]
        reply = client.post(
            f"{api}/attribute/add/jwk-from-x509certificate",
            files={"x509Cert": ("DSC.pem", given["certificate"].encode())},
            data={"data": json.dumps({"did": ours, "relation": "asse"})},
        )
        assert reply.status_code == 200, reply.text
        (block,) = client.get("/lacchain/chain").json()
    assert block["args"]["value"] == seen["added"]["value"]
    assert block["args"]["name"].replace(ours, identity.did) == seen["added"]["name"]

    moments = iter([START, START + timedelta(days=2)])
    partitions = Partitions(tmp_path, url="", seconds=9)
    chain = Chain(RunStore(partitions.main), METHODS, lambda: next(moments))
    added: dict[str, Any] = seen["added"]
    assert added["identity"].lower() == identity.address
    call = identity.call("registry", "setAttribute", **{**added, "identity": identity.address})
    chain.transact(call)
    now = int((START + timedelta(days=1)).timestamp())
    document = resolve_did(identity.did, chain.blocks(), Query(), now=now)["didDocument"]
    (method,) = document["verificationMethod"]
    assert document["assertionMethod"] == [method["id"]]
    assert method["publicKeyJwk"]["crv"] == "P-256"
    # it adds as json and revokes as hex: the same key all the same
    assert seen["revoked"]["name"] != added["name"]
    revoked = {**seen["revoked"], "identity": identity.address, "revokeDeltaTime": 0}
    chain.transact(identity.call("registry", "revokeAttribute", **revoked))
    later = int((START + timedelta(days=3)).timestamp())
    after = resolve_did(identity.did, chain.blocks(), Query(), now=later)["didDocument"]
    assert after["verificationMethod"] == []
    partitions.close()
