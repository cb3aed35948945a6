"""Our own issuer of certificates and health links, in one file: written in a workshop, at home anywhere.

    python -m team_certificates serve --records FOLDER     answers /certificate, /link and /manifest/NAME
    python -m team_certificates verify TEXT KEY.pem        says what a verifier says of a certificate
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec as curves

# <functions>
COUNTRY = "BR"
DAY = 86_400
KEY = curves.generate_private_key(curves.SECP256R1())
PUBLIC = KEY.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
KID = hashlib.sha256(PUBLIC).digest()[:8]
FILES: dict[str, str] = {}
RECORDS = Path()


def kept(name: str) -> dict:
    """Returns what stands in a file of the record."""
    return json.loads((RECORDS / name).read_text(encoding="utf-8"))


def new_link(base: str) -> str | None:
    """Returns a link to the summary, whose file is kept under its name."""
    made = share(kept("document.json"), base, int(time.time()) + DAY)
    if made is None:
        return None
    FILES[made["name"]] = made["file"]
    return made["link"]


class Answers(BaseHTTPRequestHandler):
    """Answers GET /certificate and /link, and POST /manifest/NAME."""

    def do_GET(self) -> None:
        base = f"http://{self.headers['Host']}"
        try:
            if self.path == "/certificate":
                text = issue(kept("certificate.json"), KEY, KID, COUNTRY, int(time.time()) + DAY)
            else:
                text = new_link(base) if self.path == "/link" else None
        except Exception as error:  # whoever asks is answered, whatever broke
            self.reply(500, f"{type(error).__name__}: {error}", "text/plain")
            return
        self.reply(200 if text else 404, text or "", "text/plain")

    def do_POST(self) -> None:
        size = min(int(self.headers.get("Content-Length") or 0), 100_000)
        try:
            recipient = json.loads(self.rfile.read(size) or b"{}").get("recipient")
        except (ValueError, AttributeError):
            recipient = None
        file = FILES.get(self.path.removeprefix("/manifest/"))
        if file is None:
            self.reply(404, "{}", "application/json")
        elif not recipient:
            self.reply(400, '{"error": "recipient is missing"}', "application/json")
        else:
            files = [{"contentType": "application/fhir+json", "embedded": file}]
            self.reply(200, json.dumps({"files": files}), "application/json")

    def reply(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        # viewers in a browser come from anywhere (SMART Health Links, CORS)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing: whoever started this reads its first line."""


def serve(port: int) -> None:
    """Answers until it is stopped; the first line printed is its base."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


def main() -> None:
    global RECORDS
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("verb", choices=["serve", "verify"])
    reader.add_argument("words", nargs="*")
    reader.add_argument("--records", type=Path, default=Path())
    reader.add_argument("--port", type=int, default=0)
    asked = reader.parse_args()
    RECORDS = asked.records
    if asked.verb == "serve":
        serve(asked.port)
        return
    text, file = asked.words
    key = serialization.load_pem_public_key(Path(file).read_bytes())
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    print(verify(text, {hashlib.sha256(der).digest()[:8]: key}, set(), int(time.time())))


if __name__ == "__main__":
    main()
