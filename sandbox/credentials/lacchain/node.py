"""A node as the published client asks it (JSON-RPC 2.0, Ethereum's methods): the blocks, and the
DID registry by its published interface.

The events of the other contracts are told by /lacchain/chain alone: their interfaces are not here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.credentials.did.lac1 import keccak
from sandbox.credentials.lacchain import registry
from sandbox.credentials.lacchain.abi import Signature, decode, encode, signature
from sandbox.credentials.lacchain.accounts import CHAIN_ID, DID_REGISTRY
from sandbox.credentials.lacchain.chain import Block, Blocks, Call, Chain
from sandbox.credentials.lacchain.raw import read_raw
from sandbox.credentials.texts import Json

EVENTS = {
    each.name: each
    for each in (
        signature(
            "DIDAttributeChanged(address identity,bytes name,bytes value,uint256 validTo,"
            "uint256 changeTime,uint256 previousChange,bool compromised)",
            indexed=1,
        ),
        signature(
            "DIDDelegateChanged(address identity,bytes32 delegateType,address delegate,"
            "uint256 validTo,uint256 changeTime,uint256 previousChange,bool compromised)",
            indexed=1,
        ),
        signature(
            "DIDControllerChanged(address identity,address controller,uint256 previousChange)",
            indexed=1,
        ),
    )
}
WRITES = {
    each.selector: each
    for each in map(
        signature,
        (
            "setAttribute(address identity,bytes name,bytes value,uint256 validity)",
            "revokeAttribute(address identity,bytes name,bytes value,uint256 revokeDeltaTime,"
            "bool compromised)",
            "addDelegate(address identity,bytes32 delegateType,address delegate,uint256 validity)",
            "revokeDelegate(address identity,bytes32 delegateType,address delegate,"
            "uint256 revokeDeltaTime,bool compromised)",
            "changeController(address identity,address newController)",
        ),
    )
}
READS = {
    each.selector: each
    for each in map(
        signature,
        (
            "changed(address identity)",
            "identityController(address identity)",
            "expirationAttribute(address identity,bytes32 nameHash,bytes32 valueHash)",
            "validDelegate(address identity,bytes32 delegateType,address delegate)",
        ),
    )
}
TEXTS = frozenset({"name", "delegateType"})
"""Arguments that are text, which contracts hold as bytes."""
INVALID_PARAMS, REVERTED = -32602, 3


class RpcError(Exception):
    """A refusal with its code (JSON-RPC 2.0 5.1); `reason` is the key of a sentence."""

    def __init__(self, code: int, reason: str, **params: str) -> None:
        super().__init__(code, reason, params)
        self.code = code
        self.reason = reason
        self.params = params


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a chain."""

    chain: Chain

    def carry_out(self, method: str, params: Sequence[Any]) -> Any:
        """Returns what a method comes to.

        Args:
            method: Of Ethereum's interface.
            params: In their order.

        Raises:
            RpcError: There is no such method here, or its parameters are none.
            SandboxError: A contract refuses what is asked.
        """
        work = METHODS.get(method)
        if work is None:
            known = ", ".join(METHODS)
            raise RpcError(-32601, "no_rpc_method", found=method[:60], known=known)
        try:
            return work(self, *params)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError):
            raise RpcError(INVALID_PARAMS, "bad_params", found=method) from None

    def chain_id(self) -> str:
        """Returns the number of the chain."""
        return hex(CHAIN_ID)

    def version(self) -> str:
        """Returns the number of the network, in digits."""
        return str(CHAIN_ID)

    def block_number(self) -> str:
        """Returns the number of the newest block."""
        return hex(len(self.chain.blocks()))

    def gas_price(self) -> str:
        """Returns what gas costs: nothing, as in LACChain."""
        return "0x0"

    def count(self, account: str, tag: Any = "latest") -> str:
        """Returns how many transactions an account has sent."""
        sender = _address(account)
        return hex(sum(block.sender == sender for block in self._until(tag)))

    def block(self, tag: Any, is_full: bool = False) -> Json | None:
        """Returns a block with the hash of its transaction; None for none."""
        if is_full:
            raise RpcError(INVALID_PARAMS, "bad_params", found="eth_getBlockByNumber true")
        blocks = self._until(tag)
        number = _number(tag, len(blocks))
        if not 0 < number <= len(blocks):
            return None
        return _block(blocks[number - 1])

    def logs(self, wanted: Json) -> list[Json]:
        """Returns the events of the registry that fit a filter."""
        addresses = wanted.get("address", DID_REGISTRY)
        asked = addresses if isinstance(addresses, list) else [addresses]
        other = [each for each in asked if _address(each) != DID_REGISTRY]
        if other:
            raise RpcError(INVALID_PARAMS, "other_contract", found=str(other[0])[:60])
        blocks = self.chain.blocks()
        first = _number(wanted.get("fromBlock", "latest"), len(blocks))
        last = _number(wanted.get("toBlock", "latest"), len(blocks))
        if "blockHash" in wanted:
            blocks = [block for block in blocks if _hash(block) == wanted["blockHash"]]
            first, last = 0, len(self.chain.blocks())
        told = [
            _log(block) for block in blocks if first <= block.number <= last and _is_told(block)
        ]
        return [log for log in told if _fits(log["topics"], wanted.get("topics") or [])]

    def receipt(self, hash: str) -> Json | None:
        """Returns what became of a transaction; None for one that is not known."""
        named = [block for block in self.chain.blocks() if block.transaction_hash == hash.lower()]
        if not named:
            return None
        (block,) = named
        return {
            "transactionHash": block.transaction_hash,
            "transactionIndex": "0x0",
            "blockHash": _hash(block),
            "blockNumber": hex(block.number),
            "from": block.sender,
            "to": DID_REGISTRY if _is_told(block) else None,
            "contractAddress": None,
            "cumulativeGasUsed": "0x0",
            "gasUsed": "0x0",
            "logs": [_log(block)] if _is_told(block) else [],
            "logsBloom": f"0x{'00' * 256}",
            "status": "0x1",
            "type": "0x0",
        }

    def call(self, asked: Json, tag: Any = "latest") -> str:
        """Returns what a function of the registry gives, as of a block."""
        _of_registry(asked.get("to"))
        data = bytes.fromhex(str(asked.get("data") or asked["input"]).removeprefix("0x"))
        function = READS.get(data[:4])
        if function is None:
            raise RpcError(INVALID_PARAMS, "no_function", found=f"0x{data[:4].hex()}")
        blocks = self._until(tag)
        now = int(self.chain.clock().timestamp())
        given = decode(function.types, data[4:])
        return f"0x{_read(function.name, blocks, given, now).hex()}"

    def send(self, text: str) -> str:
        """Carries out a signed transaction, and returns its hash."""
        raw = read_raw(text)
        _of_registry(raw.to)
        function = WRITES.get(raw.data[:4])
        if function is None:
            raise RpcError(INVALID_PARAMS, "no_function", found=f"0x{raw.data[:4].hex()}")
        given = decode(function.types, raw.data[4:])
        pairs = zip(function.names, given, strict=True)
        args = {name: _argument(name, value) for name, value in pairs}
        call = Call(raw.sender, registry.CONTRACT, function.name, args)
        return self.chain.transact(call, nonce=raw.nonce, transaction=raw.hash).transaction_hash

    def _until(self, tag: Any) -> list[Block]:
        blocks = self.chain.blocks()
        return blocks[: _number(tag, len(blocks))]


METHODS: dict[str, Callable[..., Any]] = {
    "eth_chainId": Node.chain_id,
    "net_version": Node.version,
    "eth_blockNumber": Node.block_number,
    "eth_gasPrice": Node.gas_price,
    "eth_getTransactionCount": Node.count,
    "eth_getBlockByNumber": Node.block,
    "eth_getLogs": Node.logs,
    "eth_getTransactionReceipt": Node.receipt,
    "eth_call": Node.call,
    "eth_sendRawTransaction": Node.send,
}


def _read(name: str, blocks: Blocks, given: list[Any], now: int) -> bytes:
    """Returns what a function of the registry gives (LACChain identity contracts, DIDRegistry)."""
    identity = given[0]
    changes = registry.changes_of(blocks, identity)
    if name == "changed":
        return encode(["uint256"], [changes[-1].number if changes else 0])
    if name == "identityController":
        return encode(["address"], [registry.controller_of(blocks, identity)])
    if name == "validDelegate":
        kind = given[1].rstrip(b"\0").decode()
        is_valid = registry.is_delegate(blocks, identity, given[2], kind=kind, at=now)
        return encode(["bool"], [is_valid])
    ends = [
        int(block.args["validTo"])
        for block in changes
        if block.event == registry.ATTRIBUTE
        and keccak(block.args["name"].encode()) == given[1]
        and keccak(bytes.fromhex(block.args["value"])) == given[2]
    ]
    return encode(["uint256"], [ends[-1] if ends else 0])


def _is_told(block: Block) -> bool:
    return block.contract == registry.CONTRACT and block.event in EVENTS


def _log(block: Block) -> Json:
    event = EVENTS[block.event]
    values = [_as_held(event, index, block.args) for index in range(len(event.names))]
    topics = [event.hash, *(encode([event.types[0]], [each]) for each in values[: event.indexed])]
    data = encode(event.types[event.indexed :], values[event.indexed :])
    return {
        "address": DID_REGISTRY,
        "topics": [f"0x{topic.hex()}" for topic in topics],
        "data": f"0x{data.hex()}",
        "blockNumber": hex(block.number),
        "blockHash": _hash(block),
        "transactionHash": block.transaction_hash,
        "transactionIndex": "0x0",
        "logIndex": "0x0",
        "removed": False,
    }


def _as_held(event: Signature, index: int, args: Json) -> Any:
    """Returns an argument as a contract holds it."""
    value = args[event.names[index]]
    if not event.types[index].startswith("bytes"):
        return value
    return value.encode() if event.names[index] in TEXTS else bytes.fromhex(value)


def _argument(name: str, value: Any) -> Any:
    """Returns an argument of a call as the registry here takes it; raises ValueError."""
    if not isinstance(value, bytes):
        return value
    return value.rstrip(b"\0").decode() if name in TEXTS else value.hex()


def _block(block: Block) -> Json:
    return {
        "number": hex(block.number),
        "hash": _hash(block),
        "parentHash": f"0x{'00' * 32}",
        "timestamp": hex(block.at),
        "nonce": "0x0000000000000000",
        "difficulty": "0x0",
        "gasLimit": "0x0",
        "gasUsed": "0x0",
        "miner": f"0x{'00' * 20}",
        "extraData": "0x",
        "transactions": [block.transaction_hash],
    }


def _hash(block: Block) -> str:
    """Returns the hash of a block: of its number and its transaction."""
    return f"0x{keccak(f'{block.number} {block.transaction_hash}'.encode()).hex()}"


def _number(tag: Any, newest: int) -> int:
    """Returns the number that a tag names; raises ValueError."""
    if tag in ("latest", "pending", "safe", "finalized"):
        return newest
    return 0 if tag == "earliest" else int(tag, 16)


def _address(text: Any) -> str:
    """Returns an address in small letters; raises ValueError."""
    content = bytes.fromhex(text.removeprefix("0x"))
    if len(content) != 20:
        raise ValueError("no address")
    return f"0x{content.hex()}"


def _of_registry(address: Any) -> None:
    if _address(address) != DID_REGISTRY:
        raise RpcError(INVALID_PARAMS, "other_contract", found=str(address)[:60])


def _fits(topics: list[str], wanted: list[Any]) -> bool:
    """Tells whether topics fit a filter: at each place any, one, or one of several."""
    if len(wanted) > len(topics):
        return False
    for topic, asked in zip(topics, wanted, strict=False):
        choices = asked if isinstance(asked, list) else [asked]
        if asked is not None and topic not in [each.lower() for each in choices]:
            return False
    return True
