"""A receiver of webhooks that verifies with Standard Webhooks' own library; run by its own Python, without ours.

Says its port, then of each request a line of JSON: its path, headers, body, and whether the signature holds for the secret
that was left at `/secret`.  A path such as `/503` is answered with that status, `/held` after HELD_SECONDS.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRETS: dict[str, str] = {}
HELD_SECONDS = 4
SAYING = threading.Lock()


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what verifies, 401 to what does not, and the status of a path that is one."""

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        if self.path == "/secret":
            SECRETS.update(json.loads(self.rfile.read(length)))
            self.answer(204)
            return
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_true = True
        try:
            Webhook(SECRETS.get(self.path, "whsec_" + "A" * 32)).verify(body, headers)
        except WebhookVerificationError:
            is_true = False
        told = {"path": self.path, "headers": headers, "body": body.decode(), "verified": is_true}
        # whole: two requests may be answered at once
        with SAYING:
            print(json.dumps(told), flush=True)
        if self.path == "/held":
            time.sleep(HELD_SECONDS)
        status = self.path.strip("/").partition("-")[0]
        self.answer(int(status) if status.isdecimal() else 204 if is_true else 401)

    def answer(self, status: int) -> None:
        self.send_response(status)
        if status in (301, 302, 307, 308):
            self.send_header("Location", "/moved")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing: the lines of the output are for the test."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    print(json.dumps({"port": server.server_port}), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)
