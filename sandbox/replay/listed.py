"""The trust lists of the teams of a replay: each is published at an address of this machine, for
whoever verifies what the team has signed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.certificates.keys import trusted
from sandbox.fhir.json import write_json
from sandbox.trust.documents import document_of
from sandbox.trust.pki import CountryPki


@dataclass(frozen=True, slots=True)
class Listed:
    """Where lists are published: host with port, and each document by its path."""

    host: str
    documents: dict[str, bytes] = field(default_factory=dict)

    def publish(self, letter: str, pki: CountryPki) -> str:
        """Publishes the keys by which a team signs; returns the address of the list."""
        keys = [trusted(pair.certificate, domain="DCC") for pair in pki.dsc]
        document = document_of(keys, host=self.host, path=letter)
        self.documents[f"/{letter}/did.json"] = write_json(document)
        return f"http://{self.host}/{letter}/did.json"


@contextmanager
def listing() -> Iterator[Listed]:
    """Serves lists until the replay ends."""
    documents: dict[str, bytes] = {}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = documents.get(self.path, b"")
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing: the replay tells what goes on."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Listed(f"127.0.0.1:{server.server_address[1]}", documents)
        server.shutdown()
