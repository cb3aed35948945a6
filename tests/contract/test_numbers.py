"""Numbers leave as they came: JSON is written by our own encoder, which keeps `1.50` (FHIR R4 datatypes.html#decimal).

The standard encoder, and the `json=` of HTTP clients that uses it, breaks at such a number, or writes another.  Where it is
used all the same stands here, with the reason why no number of a document comes there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sandbox.api.asking import answer
from sandbox.fhir.json import parse_json
from sandbox.testbench.inbox import json_reply
from tests.places import PROJECT

OURS = "fhir/json.py"
NO_NUMBER = {
    "api/kept.py": "findings and texts; what a sentence is filled with is written as text",
    "api/notebook.py": "cells of a notebook, which are texts",
    "api/streams.py": "moves of a run, read by the standard decoder",
    "certificates/links.py": "the payload of a link and the header of a JWE: texts and whole seconds",
    "certificates/shc.py": "the members of a JWK, which are texts",
    "cli/audit.py": "lines of the audit log, kept as texts",
    "cli/cert.py": "claims as CBOR or the standard decoder gave them, for a reader",
    "cli/event.py": "tables of an event, made of TOML",
    "cli/evidence.py": "a public key",
    "cli/vc.py": "claims as the standard decoder gave them, for a reader",
    "cli/wallet.py": "claims as the standard decoder gave them, for a reader",
    "course/building.py": "notebooks",
    "course/comparing.py": "an answer as plain values, for a reader",
    "course/evidence.py": "lines of a log, read by the standard decoder",
    "course/exercises/lesson_11.py": "texts of a proof, written as a learner may have written them",
    "course/grading/attempts.py": "an answer as plain values, for a reader",
    "course/grading/grade.py": "notebooks",
    "course/grading/isolation.py": "limits, which are whole numbers",
    "course/grading/report.py": "points and sentences",
    "course/record.py": "answers of learners as plain values; what is sent as a document is judged by its bytes",
    "course/wallet.py": "claims as the standard decoder gave them, for a reader",
    "credentials/keeping.py": "offers and requests as the standard decoder gave them",
    "credentials/lacchain/admissions.py": "words of a form",
    "credentials/lacchain/chain.py": "blocks: texts and whole numbers",
    "credentials/lacchain/keyring.py": "keys as texts",
    "credentials/lacchain/mailbox.py": "letters, which are encrypted",
    "credentials/lacchain/network.py": "words of a member",
    "credentials/lacchain/syncing.py": "a value in a refusal",
    "credentials/texts.py": "claims, whose numbers are those of ECMAScript by JCS (RFC 8785 3.2.2.3) and of any JWT library",
    "credentials/vci/issuer.py": "an offer: texts",
    "credentials/vp/verifier.py": "a presentation as the standard decoder gave it",
    "credentials/wallet/answering.py": "a presentation: texts",
    "credentials/wallet/kept.py": "claims as the standard decoder gave them, beside the text that is signed",
    "desk/feedback.py": "notebooks",
    "definitions/comparing_releases.py": "names of elements",
    "definitions/compiled.py": "definitions, which hold whole numbers and texts",
    "definitions/searching.py": "names and codes",
    "event/allowances.py": "texts of a form",
    "event/conduct.py": "decisions on an event: texts and whole numbers",
    "event/evidence.py": "lines of a log, read by the standard decoder",
    "event/handing_in.py": "findings and addresses of bodies, which are kept as bytes",
    "event/instances.py": "texts of a form",
    "event/overruled.py": "findings and addresses of bodies, which are kept as bytes",
    "event/people_log.py": "texts of a form",
    "event/registering.py": "words and a number of people, read by the standard decoder",
    "event/run_list.py": "a review: texts",
    "event/runs.py": "findings and addresses of bodies, which are kept as bytes",
    "event/signing.py": "a public key",
    "event/gallery.py": "a text as it came, and findings, whose values are texts",
    "event/snapshots.py": "the report of an event: texts and whole numbers",
    "event/systems.py": "addresses and names",
    "event/tables.py": "texts of a table",
    "event/tokens.py": "texts of a form",
    "fhirpath/functions/strings.py": "a text that is escaped",
    "notices/announcements.py": "words by language, and whole numbers",
    "notices/gathering.py": "ids, names, states and whole numbers",
    "notices/wording.py": "ids, names, states and whole numbers",
    "store/subscriptions.py": "texts of a form, and a moment",
    "pages/wallet_views.py": "claims as the standard decoder gave them, for a reader",
    "pages/certificates.py": "claims as CBOR or the standard decoder gave them, for a reader",
    "redact.py": "a secret, which is a text",
    "reports/records.py": "findings, whose values are texts",
    "reports/sarif.py": "findings, whose values are texts",
    "server/access.py": "an OperationOutcome of ours",
    "server/operations/document.py": "rows as the bytes that are stored",
    "server/search/results.py": "the place of a page: texts and whole numbers",
    "sharing/links.py": "files as texts, sealed or as they came",
    "operations/logs.py": "a line of the log: counts and texts",
    "store/desk.py": "points, moments and texts; answers are kept as findings tell them",
    "store/audit.py": "acts: texts",
    "store/redacting.py": "what was removed: texts",
    "store/targets.py": "a text that is searched for",
    "terminology/remote.py": "a question and its answer: texts",
    "testbench/tracks/ddcc_generation.py": "content of a certificate, in which a text is looked for",
    "testbench/lacchain_ground.py": "requests to a component: texts and whole numbers",
    "testbench/tracks/wallet_2023.py": "a core data set of our own",
    "testbench/tracks/vhl_issuer.py": "a recipient and a passcode, and files as texts",
    "trust/revocations.py": "handles and reasons: texts",
    "validation/validate.py": "the value of a message, for a reader",
}  # fmt: skip


def calls() -> Iterator[tuple[str, ast.Call]]:
    for file in sorted((PROJECT / "sandbox").rglob("*.py")):
        place = file.relative_to(PROJECT / "sandbox").as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield place, node


def is_standard(call: ast.Call) -> bool:
    """Tells whether a call writes JSON by another encoder than ours."""
    name = call.func
    return (
        isinstance(name, ast.Attribute)
        and name.attr in ("dump", "dumps", "JSONEncoder")
        and isinstance(name.value, ast.Name)
        and name.value.id in ("json", "orjson")
    )


def test_documents_are_written_by_our_encoder() -> None:
    """A new place uses `write_json`, or says above why no number of a document comes there."""
    every = list(calls())
    assert {place for place, call in every if is_standard(call)} == {OURS, *NO_NUMBER}
    clients = [
        f"{place}:{call.lineno}: content=write_json(…) in place of json="
        for place, call in every
        if any(word.arg == "json" for word in call.keywords)
    ]
    assert not clients


def test_doors_keep_each_digit() -> None:
    text = b'{"value":1.50,"large":12345678901234567890}'
    assert answer(parse_json(text)).body == text
    assert json_reply(parse_json(text)).body == text
