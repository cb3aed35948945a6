"""A node of LACChain by JSON-RPC: transactions that ethers has signed are carried out once, and each wrong call gets the code of
its clause.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.credentials.lacchain.abi import decode, encode, signature
from sandbox.credentials.lacchain.accounts import CHAIN_ID, DID_REGISTRY
from sandbox.credentials.lacchain.raw import read_raw
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import an_event

RPC = "/lacchain/rpc"
ACCOUNT = "0x1a642f0e3c3af545e7acbd38b07251b3990914f1"
# signed by ethers 5.8.0 for the interface that lacpass-identity publishes: an attribute; one with what LACChain's gas model puts behind the
# arguments (the node and until when); and one of another chain
FIRST = (
    "0xf9016980808347b7609464ed1e71a010eed876fe4440920658be570895bc80b90104ccbfa4960000000000000000000000001a642f0e3c3af545e7"
    "acbd38b07251b3990914f100000000000000000000000000000000000000000000000000000000000000800000000000000000000000000000000000"
    "0000000000000000000000000000c00000000000000000000000000000000000000000000000000000000000000e1000000000000000000000000000"
    "0000000000000000000000000000000000001e766d2f6469643a6c6163313a782f65736563703235366b31766b2f6865780000000000000000000000"
    "000000000000000000000000000000000000000000000302abab00000000000000000000000000000000000000000000000000000000008313cadca0"
    "a5fc6962b45360a9f720511febb2b0541da815db3aa25eccc9e60109bde6e93aa01530ef39ecebf4c9097cfd72335a33072476892771294f71c5208a"
    "22b224a736"
)  # fmt: skip
SECOND = (
    "0xf901e901808347b7609464ed1e71a010eed876fe4440920658be570895bc80b90184ccbfa4960000000000000000000000001a642f0e3c3af545e7"
    "acbd38b07251b3990914f100000000000000000000000000000000000000000000000000000000000000800000000000000000000000000000000000"
    "0000000000000000000000000000c00000000000000000000000000000000000000000000000000000000000000e1000000000000000000000000000"
    "000000000000000000000000000000000000107376632f2f4d61696c626f782f68657800000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000046cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
    "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd000000000000000000000000000000000000000000000000000000"
    "00000000000000000000001a642f0e3c3af545e7acbd38b07251b3990914f1000000000000000000000000000000000000000000000000000000006b"
    "49d2008313cadca00f8a7a8ba417e4e047b539c3b3203eb6311b9a90936b236ed1a29ad21096d5b4a00284af7dd0245e6746950ab156adf50a35f299"
    "2ad0e1581a6ee69faab1de266b"
)  # fmt: skip
ELSEWHERE = (
    "0xf9016680808347b7609464ed1e71a010eed876fe4440920658be570895bc80b90104ccbfa4960000000000000000000000001a642f0e3c3af545e7"
    "acbd38b07251b3990914f100000000000000000000000000000000000000000000000000000000000000800000000000000000000000000000000000"
    "0000000000000000000000000000c00000000000000000000000000000000000000000000000000000000000000e1000000000000000000000000000"
    "000000000000000000000000000000000000016100000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000001020000000000000000000000000000000000000000000000000000000000000026a01460e5"
    "b76a98db80d87e811d5a93ac7d97a85baa06995edf2bcf4349316ed821a06105536db80d549f93ceeeff550f081b554c5044246a8fe802d6016802ce"
    "e746"
)  # fmt: skip


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        yield client


def asked(client: TestClient, method: str, *params: Any) -> Any:
    call = {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)}
    reply = client.post(RPC, json=call)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert (body["jsonrpc"], body["id"]) == ("2.0", 7)
    return body


def result(client: TestClient, method: str, *params: Any) -> Any:
    body = asked(client, method, *params)
    assert "result" in body, body
    return body["result"]


def test_what_was_signed_once_is_carried_out_once(client: TestClient) -> None:
    hash = result(client, "eth_sendRawTransaction", FIRST)
    assert hash == read_raw(FIRST).hash
    again = asked(client, "eth_sendRawTransaction", FIRST)["error"]
    assert again["code"] == 3
    assert again["message"].startswith("execution reverted: ")
    assert result(client, "eth_sendRawTransaction", SECOND) != hash
    assert result(client, "eth_getTransactionCount", ACCOUNT, "latest") == "0x2"
    assert result(client, "eth_getTransactionCount", ACCOUNT, "0x1") == "0x1"
    receipt = result(client, "eth_getTransactionReceipt", hash)
    assert (receipt["status"], receipt["from"], receipt["blockNumber"]) == ("0x1", ACCOUNT, "0x1")
    first, second = client.get("/lacchain/chain").json()
    assert (first["args"]["value"], first["from"]) == ("02abab", ACCOUNT)
    assert (second["args"]["name"], second["args"]["previousChange"]) == ("svc//Mailbox/hex", 1)


def test_no_transaction_that_was_changed_is_still_of_its_sender() -> None:
    whole = bytes.fromhex(FIRST[2:])
    chance = random.Random(25)
    read = 0
    for place in [*range(0, len(whole), 6), *range(len(whole) - 70, len(whole))]:
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        try:
            raw = read_raw(f"0x{changed.hex()}")
        except ValueError:
            continue
        read += 1
        assert raw.sender != ACCOUNT, place
    assert read > 40


@pytest.mark.parametrize("cut", [0, 1, 2, 40, -1])
def test_what_is_cut_or_too_long_is_no_transaction(cut: int) -> None:
    whole = bytes.fromhex(FIRST[2:])
    with pytest.raises(ValueError, match=r"short|transaction"):
        read_raw(f"0x{whole[:cut].hex()}")
    with pytest.raises(ValueError, match="no legacy"):
        read_raw(f"0x{whole.hex()}00")


def test_the_second_signature_of_the_same_is_refused() -> None:
    """s and its negative both verify; only the smaller counts (EIP-2)."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    whole = bytes.fromhex(FIRST[2:])
    s = int.from_bytes(whole[-32:])
    other = whole[:-32] + (order - s).to_bytes(32)
    v = whole[-69:-66]
    assert int.from_bytes(v) in (35 + 2 * CHAIN_ID, 36 + 2 * CHAIN_ID)
    turned = (2 * (35 + 2 * CHAIN_ID) + 1 - int.from_bytes(v)).to_bytes(3)
    with pytest.raises(ValueError, match="no signature"):
        read_raw(f"0x{(other[:-69] + turned + other[-66:]).hex()}")


# selectors as the published interface has them
SELECTORS = {
    "setAttribute(address identity,bytes name,bytes value,uint256 validity)": "ccbfa496",
    "revokeAttribute(address identity,bytes name,bytes value,uint256 d,bool c)": "8b6fa70b",
    "addDelegate(address identity,bytes32 type,address delegate,uint256 validity)": "a7068d66",
    "revokeDelegate(address i,bytes32 t,address d,uint256 delta,bool compromised)": "2a64490a",
    "changeController(address identity,address newController)": "3e11e378",
    "changed(address identity)": "f96d0f9f",
    "identityController(address identity)": "ffb628e2",
    "expirationAttribute(address identity,bytes32 name,bytes32 value)": "8ef4beaf",
    "validDelegate(address identity,bytes32 type,address delegate)": "622b2a3c",
}


@pytest.mark.parametrize("text", SELECTORS)
def test_functions_are_named_as_the_published_interface_names_them(text: str) -> None:
    assert signature(text).selector.hex() == SELECTORS[text]


def test_what_is_encoded_is_decoded_and_what_is_none_refused() -> None:
    types = ["address", "bytes", "bool", "bytes32", "uint256", "bytes"]
    values = [ACCOUNT, b"", True, b"a".ljust(32, b"\0"), 2**256 - 1, b"x" * 33]
    content = encode(types, values)
    assert decode(types, content) == values
    for wrong in (content[:-32], b"", content[: 32 * 6]):
        with pytest.raises(ValueError, match="short"):
            decode(types, wrong)
    with pytest.raises(ValueError, match="no address"):
        decode(["address"], b"\1" * 32)
    with pytest.raises(ValueError, match="no truth value"):
        decode(["bool"], (2).to_bytes(32))


CALL: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
# what is wrong, and the code that JSON-RPC 2.0 5.1 names
WRONG: dict[str, tuple[Any, int]] = {
    "another version": ({**CALL, "jsonrpc": "1.0"}, -32600),
    "no version": ({"id": 1, "method": "eth_chainId"}, -32600),
    "no method": ({"jsonrpc": "2.0", "id": 1}, -32600),
    "a method that is a number": ({**CALL, "method": 1}, -32600),
    "parameters by name": ({**CALL, "params": {"a": 1}}, -32600),
    "a text": ("eth_chainId", -32600),
    "an empty list": ([], -32600),
    "too many": ([CALL] * 101, -32600),
    "a method of nobody": ({**CALL, "method": "eth_mining"}, -32601),
    "our own method by name": ({**CALL, "method": "carry_out"}, -32601),
    "a parameter too many": ({**CALL, "params": [1]}, -32602),
    "a filter that is none": ({**CALL, "method": "eth_getLogs", "params": ["x"]}, -32602),
    "a block that is none": ({**CALL, "method": "eth_getBlockByNumber", "params": ["x"]}, -32602),
    "whole transactions": ({**CALL, "method": "eth_getBlockByNumber", "params": ["latest", True]}, -32602),
    "another contract": ({**CALL, "method": "eth_getLogs", "params": [{"address": ACCOUNT}]}, -32602),
    "a call of nothing": ({**CALL, "method": "eth_call", "params": [{"to": DID_REGISTRY, "data": "0x"}, "latest"]}, -32602),
    "a call cut short": ({**CALL, "method": "eth_call", "params": [{"to": DID_REGISTRY, "data": "0xf96d0f9f00"}, "latest"]}, -32602),
    "a call of another contract": ({**CALL, "method": "eth_call", "params": [{"to": ACCOUNT, "data": "0xf96d0f9f"}, "latest"]}, -32602),
    "another chain's transaction": ({**CALL, "method": "eth_sendRawTransaction", "params": [ELSEWHERE]}, -32602),
    "a transaction that is none": ({**CALL, "method": "eth_sendRawTransaction", "params": ["0xzz"]}, -32602),
    "out of order": ({**CALL, "method": "eth_sendRawTransaction", "params": [SECOND]}, 3),
}  # fmt: skip


def test_each_wrong_call_gets_the_code_of_its_clause(client: TestClient) -> None:
    for name, (call, code) in WRONG.items():
        reply = client.post(RPC, json=call)
        assert (reply.status_code, reply.json()["error"]["code"]) == (200, code), name
        assert reply.json()["error"]["message"], name
    broken = client.post(RPC, content="{", headers={"Content-Type": "application/json"})
    assert broken.json()["error"]["code"] == -32700
    assert client.get("/lacchain/chain").json() == []


def test_a_list_is_answered_by_a_list_and_what_wants_no_answer_by_none(client: TestClient) -> None:
    silent = {name: value for name, value in CALL.items() if name != "id"}
    replies = client.post(RPC, json=[CALL, silent, {**CALL, "id": 2}]).json()
    assert [(reply["id"], reply["result"]) for reply in replies] == [
        (1, hex(CHAIN_ID)),
        (2, hex(CHAIN_ID)),
    ]
    assert client.post(RPC, json=[silent]).status_code == 204
    assert client.post("/lacchain/CL/rpc", json=CALL).json()["result"] == hex(CHAIN_ID)


def test_at_an_event_anybody_reads_and_only_who_may_write_sends(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        send = {**CALL, "method": "eth_sendRawTransaction", "params": [FIRST]}
        assert event.ask("POST", RPC, json=CALL).status_code == 200
        for call in (send, [CALL, send]):
            assert event.ask("POST", RPC, json=call).status_code == 401
        assert event.ask("POST", RPC, event.token("Chile", "read"), json=send).status_code == 403
        told = event.ask("POST", RPC, event.token("Chile"), json=send)
        assert told.json()["result"] == read_raw(FIRST).hash
