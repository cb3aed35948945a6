import http.server
import threading
from pathlib import Path

import pytest

from sandbox.course.connection import NoServer, find_or_start, probe, start_server


def test_a_server_is_started_found_again_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    server = start_server()
    try:
        monkeypatch.setenv("SANDBOX_URL", server.connection.url + "/")
        found = find_or_start()
        assert (found.url, found.started) == (server.connection.url, False)
    finally:
        server.stop()
    assert probe(server.connection.url) == ""


def test_another_program_on_the_port_is_not_taken_for_the_sandbox() -> None:
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"name": "something else"}')

        def log_message(self, *_: object) -> None:
            """Stays silent."""

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.handle_request, daemon=True).start()
        assert probe(f"http://127.0.0.1:{other.server_port}") == ""


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(NoServer) as caught:
        start_server({"CONNECTATHON_SEED": "no-such-seed"})
    assert "no-such-seed" in str(caught.value.params["reason"])


def test_what_a_server_says_of_its_faults_is_kept_where_it_is_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with pytest.raises(NoServer) as caught:
        start_server({"CONNECTATHON_SEED": "no-such-seed"}, log=log)
    said = log.read_text(encoding="utf-8")
    assert "no-such-seed" in said
    assert said.strip()[-400:] == caught.value.params["reason"]
