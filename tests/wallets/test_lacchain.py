"""DIDs and attributes of LACChain beside the original library: read by it as by us, and what it would write is folded by our registry."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.course.connection import start_server
from sandbox.credentials.did.lac1 import decode
from sandbox.credentials.lacchain.accounts import CHAIN_ID, DID_REGISTRY, did_of
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


def test_the_published_interface_reads_and_writes_by_json_rpc(tmp_path: Path) -> None:
    server = start_server({"CONNECTATHON_DATA": str(tmp_path)})
    base = server.connection.url
    controller = new_identity().address
    given = {
        "rpc": f"{base}/lacchain/rpc",
        "registry": DID_REGISTRY,
        "key": f"0x{2**200 + 25:064x}",
        "name": "vm/did:lac1:x/esecp256k1vk/hex",
        "value": "0x02" + "ab" * 32,
        "delegate": controller,
        "controller": new_identity().address,
    }
    seen = run("node", Path(__file__).parent / "node.cjs", LACCHAIN, json.dumps(given))
    blocks = httpx.get(f"{base}/lacchain/chain").json()
    resolved = httpx.get(f"{base}/lacchain/resolver/{did_of(seen['identity'].lower())}").json()
    server.stop()
    identity = seen["identity"].lower()
    assert seen["chainId"] == CHAIN_ID
    assert seen["before"] == {"changed": 0, "controller": seen["identity"]}
    assert seen["added"] == {
        "event": "DIDAttributeChanged", "name": given["name"], "value": given["value"],
        "lasts": 86400, "previous": 0, "expires": 86400,
    }  # fmt: skip
    assert (seen["isDelegate"], seen["wasDelegate"], seen["filtered"]) == (True, False, 1)
    assert seen["walked"] == ["DIDAttributeChanged", "DIDDelegateChanged", "DIDAttributeChanged"]
    assert seen["controller"].lower() == controller
    # who does not control an identity is refused by the contract, and what is not here in words
    assert "execution reverted" in seen["foreign"]
    assert "execution reverted" in seen["late"]
    assert "no function 0x54fd4d50" in seen["unknown"]
    assert seen["count"] == 4
    assert [block["event"] for block in blocks] == [
        "DIDAttributeChanged", "DIDDelegateChanged", "DIDAttributeChanged", "DIDControllerChanged",
    ]  # fmt: skip
    assert {block["from"] for block in blocks} == {identity}
    # the resolver folds what came over the node as it folds what came by our own door
    assert resolved["didDocument"]["controller"] == did_of(controller)
