"""A terminology server is asked: this sandbox on a socket, and servers that answer as none should."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from sandbox.app import create_app
from sandbox.cli.serve import open_listener
from sandbox.limits import TERMINOLOGY_BYTES
from sandbox.settings import Settings
from sandbox.terminology.asking import Answer, Question
from sandbox.terminology.remote import KEPT_FOR, TerminologyServer
from sandbox.validation import Options, validate
from tests.builders import an_observation

COLOURS = "http://example.org/CodeSystem/colours"
SET = "http://example.org/ValueSet/colours"
CODES = {
    "resourceType": "CodeSystem", "url": COLOURS, "status": "active", "content": "complete",
    "concept": [{"code": "rojo", "display": "Rojo"}, {"code": "azul", "display": "Azul"}],
}  # fmt: skip
VALUES = {
    "resourceType": "ValueSet", "url": SET, "status": "active",
    "compose": {"include": [{"system": COLOURS, "concept": [{"code": "rojo"}]}]},
}  # fmt: skip
NOON = datetime(2026, 7, 27, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The FHIR base of a sandbox that has the code system of colours."""
    app = create_app(Settings(tmp_path_factory.mktemp("terminology"), seed="none"))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    with open_listener(0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
        for resource in (CODES, VALUES):
            stored = httpx.post(
                f"{address}/{resource['resourceType']}", json=resource, trust_env=False
            )
            assert stored.status_code == 201
        yield address
        server.should_exit = True
        thread.join()


@contextmanager
def a_server(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[str]]]:
    """A server that answers every request in one way; yields its address and the paths that were asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answer(self)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sending(status: int, body: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except OSError:
            return  # the other side has heard enough

    return answer


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Sends a byte now and then, so that no single read takes long."""
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            threading.Event().wait(0.05)
    except OSError:
        return


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (Question(COLOURS, "rojo"), Answer(True, "Rojo")),
        (Question(COLOURS, "verde"), Answer(False)),
        (Question(COLOURS, "rojo", value_set=SET), Answer(True, "Rojo")),
        (Question(COLOURS, "azul", value_set=SET), Answer(False)),
        (Question("http://example.org/unknown", "x"), Answer(None)),
        (Question(COLOURS, "rojo", value_set="http://example.org/unknown"), Answer(None)),
    ],
)
def test_a_terminology_server_says_yes_no_or_that_it_cannot_tell(
    base: str, tmp_path: Path, question: Question, answer: Answer
) -> None:
    assert TerminologyServer(base, tmp_path).ask(question) == answer


def test_an_answer_is_kept_for_thirty_days_the_no_too(base: str, tmp_path: Path) -> None:
    for code, is_right in (("rojo", True), ("verde", False)):
        question = Question(COLOURS, code)
        assert (
            TerminologyServer(base, tmp_path, clock=lambda: NOON).ask(question).is_right is is_right
        )
    with a_server(sending(500, b"")) as (address, asked):
        for file in tmp_path.rglob("*.json"):  # the same answers, as if this server had given them
            content = json.loads(file.read_text())
            there = TerminologyServer(address, tmp_path, clock=lambda: NOON)
            there._keep(
                Question(**content["question"]), Answer(content["is_right"], content["display"])
            )
        young = TerminologyServer(
            address, tmp_path, clock=lambda: NOON + KEPT_FOR - timedelta(seconds=1)
        )
        assert [young.ask(Question(COLOURS, code)).is_right for code in ("rojo", "verde")] == [
            True,
            False,
        ]
        assert asked == []
        old = TerminologyServer(address, tmp_path, clock=lambda: NOON + KEPT_FOR)
        assert old.ask(Question(COLOURS, "rojo")).failure
        assert len(asked) == 1


def test_a_spoilt_file_of_the_cache_is_asked_again(base: str, tmp_path: Path) -> None:
    question = Question(COLOURS, "rojo")
    TerminologyServer(base, tmp_path).ask(question)
    for file in tmp_path.rglob("*.json"):
        file.write_text('{"asked_at": 7')
    assert TerminologyServer(base, tmp_path).ask(question).is_right is True


@pytest.mark.parametrize(
    "answer",
    [
        sending(500, b"{}"),
        sending(200, b"<html>"),
        sending(200, b'{"resourceType": "Patient"}'),
        sending(
            200,
            b'{"resourceType": "Parameters", "parameter": [{"name": "result", "valueString": "yes"}]}',
        ),
        sending(200, b'{"resourceType": "Parameters", "parameter": 7}'),
        sending(200, b" " * (TERMINOLOGY_BYTES + 1)),
        sending(302, b""),
        sending(401, b"{}"),
        dripping,
    ],
)
def test_what_is_no_answer_is_a_failure_that_is_not_kept(
    tmp_path: Path, answer: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    with a_server(answer) as (address, asked):
        server = TerminologyServer(address, tmp_path, seconds=0.3)
        begun = time.monotonic()
        answers = [server.ask(Question(COLOURS, str(number))) for number in range(5)]
        assert [one.is_right for one in answers] == [None] * 5
        assert all(one.failure for one in answers)
        assert len(asked) == 2  # then it is asked no more
        assert time.monotonic() - begun < 3
    assert list(tmp_path.rglob("*.json")) == []


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/fhir", "nonsense", "http://[", "ftp://127.0.0.1/"]
)
def test_an_address_without_server_is_a_failure(tmp_path: Path, address: str) -> None:
    assert TerminologyServer(address, tmp_path, seconds=0.3).ask(Question(COLOURS, "rojo")).failure


def test_the_time_for_all_questions_ends(base: str, tmp_path: Path) -> None:
    server = TerminologyServer(base, tmp_path, seconds_in_all=0)
    assert server.ask(Question(COLOURS, "rojo")) == Answer(None, failure="time")


def test_a_no_of_a_server_that_lacks_the_system_does_not_count(tmp_path: Path) -> None:
    body = json.dumps(
        {"resourceType": "Parameters", "parameter": [{"name": "result", "valueBoolean": False}]}
    )

    def answer(handler: BaseHTTPRequestHandler) -> None:
        is_question = "validate-code" in handler.path
        found = b'{"resourceType": "Bundle", "type": "searchset", "total": 0}'
        sending(200, body.encode() if is_question else found)(handler)

    with a_server(answer) as (address, _):
        assert TerminologyServer(address, tmp_path).ask(Question(COLOURS, "x")) == Answer(None)


def test_a_document_is_judged_by_what_the_server_says(base: str, tmp_path: Path) -> None:
    server = TerminologyServer(base, tmp_path)
    codings: list[Any] = [
        {"system": COLOURS, "code": "rojo", "display": "Rojo"},
        {"system": COLOURS, "code": "azul", "display": "Blau"},
        {"system": COLOURS, "code": "verde"},
        {"system": "http://example.org/unknown", "code": "x"},
    ]
    observation = an_observation(code={"coding": codings})
    by_server = [
        (one.severity, one.key.removeprefix("validation."), one.where)
        for one in validate(observation, options=Options(asker=server))
        if one.where.startswith("Observation.code")
    ]
    assert by_server == [
        ("error", "server_knows_no_code", "Observation.code.coding[2]"),
        ("information", "other_display", "Observation.code.coding[1]"),
        ("information", "code_not_checked", "Observation.code.coding[3]"),
    ]
    alone = [one.key for one in validate(observation) if one.where.startswith("Observation.code")]
    assert alone == ["validation.code_not_checked", "validation.code_not_checked"]


def test_a_silent_server_is_said_once_and_breaks_nothing(tmp_path: Path) -> None:
    codings = [{"system": COLOURS, "code": f"c{number}"} for number in range(9)]
    with a_server(sending(500, b"")) as (address, _):
        findings = validate(
            an_observation(code={"coding": codings}),
            options=Options(asker=TerminologyServer(address, tmp_path)),
        )
    silent = [one for one in findings if one.key == "validation.server_silent"]
    assert [(one.severity, one.count, one.expected) for one in silent] == [
        ("information", 9, "HTTP 500")
    ]
