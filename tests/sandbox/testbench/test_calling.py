"""A wallet dials what the guard lets through, reads no more than the limit, and follows no redirect."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.credentials.wallet.calling import Call, got
from sandbox.errors import BadRequest
from sandbox.limits import ANSWER_BYTES
from sandbox.testbench.calling import sending
from sandbox.testbench.guard import Guard, GuardedTransport, Refused


class Stranger(BaseHTTPRequestHandler):
    """Answers with too much, or with somewhere else to go."""

    def do_GET(self) -> None:
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/large")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        try:
            self.wfile.write(b" " * (ANSWER_BYTES + 1))
        except OSError:
            return  # the wallet has hung up

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def stranger() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_private_address_is_refused_without_a_grant(stranger: str) -> None:
    send = sending(lambda: GuardedTransport(Guard()))
    with pytest.raises(Refused) as error:
        got(send, f"{stranger}/large")
    assert error.value.key == "testbench.address_private"
    with pytest.raises(Refused):
        got(send, "http://169.254.169.254/latest/meta-data")


def test_too_much_is_not_read_and_a_redirect_not_followed(stranger: str) -> None:
    send = sending(lambda: GuardedTransport(Guard(allows_private=True)))
    with pytest.raises(BadRequest) as error:
        got(send, f"{stranger}/large")
    assert error.value.key == "wallet.no_reply"
    assert send(Call("GET", f"{stranger}/elsewhere")).status == 302
