"""`serve --lan` is reached over TLS with a token, and its links hold the address that a phone reaches."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from sandbox.cli.lan import lan_at

pytestmark = pytest.mark.daily("starting", share=1 / 3)


def test_the_certificate_is_for_the_address(tmp_path: Path) -> None:
    host = "192.0.2.7"
    lan = lan_at(host, 8400, tmp_path)
    assert lan.address == f"https://{host}:8400"
    certificate = x509.load_pem_x509_certificate(lan.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address(host) in names.get_values_for_type(x509.IPAddress)


def test_certificate_and_key_are_kept_and_the_token_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONNECTATHON_TOKEN", raising=False)
    first = lan_at("192.0.2.7", 8400, tmp_path)
    content = first.certificate.read_bytes()
    second = lan_at("192.0.2.7", 8400, tmp_path)
    assert second.certificate.read_bytes() == content
    assert (len(first.token), first.token != second.token) == (10, True)
    monkeypatch.setenv("CONNECTATHON_TOKEN", "of-the-event")
    assert lan_at("192.0.2.7", 8400, tmp_path).token == "of-the-event"


def test_a_link_that_is_made_there_holds_no_loopback_address(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "sandbox.cli", "serve", "--lan", "--port", "0", "--data", str(tmp_path),
        "--until-stdin-closes",
    ]  # fmt: skip
    environment = {**os.environ, "CONNECTATHON_TOKEN": "for-the-room", "CONNECTATHON_LANG": "en"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        told = [server.stdout.readline() for _ in range(3)]
        address = re.search(r"https://([\d.]+):(\d+)", told[0])
        assert address is not None
        assert ipaddress.ip_address(address[1]).version == 4
        assert "for-the-room" in told[2]
        place = tmp_path / "trust" / "lan" / address[1] / "certificate.pem"
        context = ssl.create_default_context(cafile=str(place))
        with httpx.Client(
            base_url=f"https://127.0.0.1:{address[2]}", verify=context, trust_env=False, timeout=30
        ) as client:
            assert client.get("/links").status_code == 401
            client.auth = ("anybody", "for-the-room")
            made = client.post("/api/links", json={"content": {"resourceType": "Patient"}})
            assert made.json()["url"].startswith(f"{address[0]}/shl/")
        server.stdin.close()
        server.wait(20)
