"""Our own system, in one file: written in a workshop, at home anywhere.

    python -m team_system serve --records FOLDER     answers Patient/ID, $summary, metadata
    python -m team_system publish NUMBER BASE        sends a summary to a Document Recipient
    python -m team_system read IDENTIFIER BASE       finds, fetches and shows the newest summary
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

# <functions>
RECORDS = Path()
FHIR_JSON = "application/fhir+json; charset=utf-8"
STATEMENT = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": "2026-11-29",
    "kind": "instance",
    "fhirVersion": "4.0.1",
    "format": ["json"],
    "implementation": {"description": "A national record, as FHIR"},
    "rest": [{"mode": "server", "resource": [{"type": "Patient", "interaction": [{"code": "read"}]}]}],
}


def answer(place: str, query: dict[str, list[str]]) -> dict | None:
    """Returns the resource at a place; None where there is none."""
    if place == "metadata":
        return STATEMENT
    kind, _, rest = place.partition("/")
    number, _, operation = rest.partition("/")
    identifier = query.get("identifier", [""])[0] if number == "$summary" else ""
    if number == "$summary":  # by identifier, for those who know no id
        number = identifier.rpartition("|")[2]
        operation = "$summary"
    rows = rows_of(RECORDS, number) if kind == "Patient" and number else []
    if not rows or operation not in ("", "$summary"):
        return None
    document = document_of(rows)
    resources = [entry["resource"] for entry in document["entry"]]
    patient = next(resource for resource in resources if resource["resourceType"] == "Patient")
    own = [f"{each.get('system')}|{each.get('value')}" for each in patient.get("identifier", [])]
    # a number alone may be that of somebody in another country
    if identifier and identifier not in own:
        return None
    return document if operation else {**patient, "id": number}


def refusal(code: str, text: str) -> dict:
    """Returns why there is no answer, as FHIR says it."""
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


class Answers(BaseHTTPRequestHandler):
    """Answers GET below /fhir."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        place = address.path.removeprefix("/fhir/")
        try:
            resource = answer(place, parse_qs(address.query))
            status = 200 if resource else 404
            resource = resource or refusal("not-found", f"{place} is not here")
        except Exception as error:  # whoever asks is answered, whatever broke
            status = 500
            resource = refusal("exception", f"{type(error).__name__}: {error}")
        body = json.dumps(resource).encode()
        self.send_response(status)
        self.send_header("Content-Type", FHIR_JSON)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing: whoever started this reads its first line."""


def serve(port: int) -> None:
    """Answers until it is stopped; the first line printed is its base."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    print(f"http://127.0.0.1:{server.server_address[1]}/fhir", flush=True)
    server.serve_forever()


def main() -> None:
    global RECORDS
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("verb", choices=["serve", "publish", "read"])
    reader.add_argument("words", nargs="*")
    reader.add_argument("--records", type=Path, default=Path())
    reader.add_argument("--port", type=int, default=0)
    asked = reader.parse_args()
    RECORDS = asked.records
    if asked.verb == "serve":
        serve(asked.port)
    elif asked.verb == "publish":
        number, base = asked.words
        print(publish(base, document_of(rows_of(RECORDS, number))).status_code)
    else:
        identifier, base = asked.words
        print(json.dumps(view(retrieve(base, find(base, identifier))), ensure_ascii=False))


if __name__ == "__main__":
    main()
