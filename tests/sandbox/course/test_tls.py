"""Handshakes in memory: each fault of a server is noticed by who looks, and by nobody else."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from sandbox.course import ____
from sandbox.course.exercises.lesson_13 import BOTH_SIDES
from sandbox.course.tls import SERVERS, TlsLab, tls_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> TlsLab:
    return tls_lab(tmp_path_factory.mktemp("lab"))


def careful(lab: TlsLab) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=lab.authority)
    context.load_cert_chain(lab.client.certificate, lab.client.key)
    return context


def blind() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def demanding(lab: TlsLab) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=lab.authority)
    context.load_cert_chain(lab.servers["good"].certificate, lab.servers["good"].key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_each_fault_of_a_server_is_noticed_for_its_own_reason(lab: TlsLab) -> None:
    said = {name: str(lab.meet(careful(lab), name)) for name in SERVERS}
    assert said["good"] == "ok"
    words = {
        "self_signed": "self",
        "stranger": "issuer",
        "other_name": "mismatch",
        "old": "expired",
    }
    assert [name for name, word in words.items() if word not in said[name].lower()] == []


def test_who_verifies_nothing_meets_everybody(lab: TlsLab) -> None:
    assert {lab.meet(blind(), name) for name in SERVERS} == {"ok"}


def test_two_right_sides_meet_and_nobody_gets_in_between(lab: TlsLab) -> None:
    assert lab.tried(demanding(lab), careful(lab)) == BOTH_SIDES


def test_each_mistake_lets_just_those_in_whom_it_concerns(lab: TlsLab) -> None:
    lax = demanding(lab)
    lax.verify_mode = ssl.CERT_NONE
    assert lab.tried(lax, careful(lab)) == {**BOTH_SIDES, "anonymous": "ok", "stranger": "ok"}
    nameless = careful(lab)
    nameless.check_hostname = False
    assert lab.tried(demanding(lab), nameless) == {**BOTH_SIDES, "other_name": "ok"}
    trusting = blind()
    trusting.load_cert_chain(lab.client.certificate, lab.client.key)
    both = {"impostor": "ok", "other_name": "ok"}
    assert lab.tried(demanding(lab), trusting) == {**BOTH_SIDES, **both}
    old = demanding(lab)
    # a fault that the library itself warns of when it is written down
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    assert lab.tried(old, careful(lab)) == {**BOTH_SIDES, "outdated": "ok"}


def test_two_clients_or_no_context_are_told(lab: TlsLab) -> None:
    alike = lab.tried(careful(lab), careful(lab))
    assert isinstance(alike, dict)
    assert set(alike.values()) == {"refused"}
    assert lab.tried(demanding(lab), None) == {"no_context": "client"}
    assert lab.tried(____, careful(lab)) is ____
    assert lab.meet(____, "good") is ____


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    lab = tls_lab(tmp_path)
    assert {Path(pair.key).stat().st_mode & 0o777 for pair in lab.servers.values()} == {0o600}
