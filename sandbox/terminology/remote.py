"""Asks a terminology server about what is not at hand, only where the user names one.

Answers are kept on disk for 30 days, by server and question.  A server that does not answer never
stops a judgement: the code is then not checked.  Nothing but systems, codes and value sets leaves
the machine.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from sandbox.clock import Clock, utc_now
from sandbox.errors import SandboxError
from sandbox.fhir.json import parse_json
from sandbox.limits import TERMINOLOGY_BYTES
from sandbox.settings import data_folder
from sandbox.terminology.asking import Answer, Question
from sandbox.web.egress import authorities, way_out

SECONDS = 5.0
# for a whole judgement: a document holds hundreds of codes
SECONDS_IN_ALL = 60.0
# one may be a hiccup; a dead server would cost its time limit for each code
MOST_FAILURES = 2
KEPT_FOR = timedelta(days=30)


class _NoAnswer(Exception):
    """The server did not answer as a terminology server does."""


@dataclass(slots=True)
class TerminologyServer:
    """A FHIR R4 terminology server, asked one question after another within a time limit for all of
    them.

    `folder` keeps the answers; after MOST_FAILURES in a row, and when the time is over, it is asked
    no more.
    """

    name: str
    folder: Path
    clock: Clock = utc_now
    seconds: float = SECONDS
    seconds_in_all: float = SECONDS_IN_ALL
    elapsed: Callable[[], float] = time.monotonic
    _spent: float = 0.0
    _failures: int = 0
    _failure: str = ""
    _client: httpx.Client = field(init=False)
    _has: dict[tuple[str, str], bool] = field(default_factory=dict)

    def ask(self, question: Question) -> Answer:
        """Returns the kept answer, or what the server says now; what failed is not kept."""
        kept = self._kept(question)
        if kept is not None:
            return kept
        if self._failures >= MOST_FAILURES or self._spent >= self.seconds_in_all:
            return Answer(None, failure=self._failure or "time")
        try:
            with self._timed(), self._new_client() as self._client:
                answer = self._asked(question)
        except (_NoAnswer, httpx.HTTPError, httpx.InvalidURL, SandboxError) as error:
            self._failures += 1
            self._failure = str(error) or type(error).__name__
            return Answer(None, failure=self._failure)
        self._failures = 0
        self._keep(question, answer)
        return answer

    def _new_client(self) -> httpx.Client:
        return httpx.Client(
            timeout=self.seconds, trust_env=False, proxy=way_out(self.name), verify=authorities()
        )

    @contextmanager
    def _timed(self) -> Iterator[None]:
        begun = self.elapsed()
        try:
            yield
        finally:
            self._spent += self.elapsed() - begun

    def _asked(self, question: Question) -> Answer:
        if question.value_set:
            url, _, version = question.value_set.partition("|")
            path = "ValueSet/$validate-code"
            query = {"url": url, "valueSetVersion": version}
            query |= {"system": question.system, "systemVersion": question.version}
        else:
            path = "CodeSystem/$validate-code"
            query = {"url": question.system, "version": question.version}
        query["code"] = question.code
        status, body = self._get(path, {name: text for name, text in query.items() if text})
        if status in (400, 404, 422, 501):
            return Answer(None)  # it answers that it cannot tell
        parameters = _parameters(status, body)
        result = parameters.get("result")
        display = parameters.get("display")
        if not isinstance(result, bool):
            raise _NoAnswer("no result")
        if not result and not self._knows(question):
            return Answer(None)
        return Answer(result, display if isinstance(display, str) else "")

    def _knows(self, question: Question) -> bool:
        """A server also says no to what it does not know: a no counts where it has the system and
        the value set.
        """
        needed = [("CodeSystem", question.system)] if question.system else []
        if question.value_set:
            needed.append(("ValueSet", question.value_set.partition("|")[0]))
        return all(self._holds(kind, url) for kind, url in needed)

    def _holds(self, kind: str, url: str) -> bool:
        if (kind, url) not in self._has:
            status, body = self._get(kind, {"url": url, "_elements": "url", "_count": "1"})
            entries = body.get("entry") if status == 200 and isinstance(body, dict) else None
            self._has[kind, url] = isinstance(entries, list) and bool(entries)
        return self._has[kind, url]

    def _get(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        url = f"{self.name.rstrip('/')}/{path}"
        end = self.elapsed() + self.seconds
        content = bytearray()
        headers = {"Accept": "application/fhir+json"}
        with self._client.stream("GET", url, params=query, headers=headers) as response:
            for part in response.iter_bytes():
                content += part
                if len(content) > TERMINOLOGY_BYTES:
                    raise _NoAnswer(f"> {TERMINOLOGY_BYTES} B")
                if self.elapsed() > end:
                    raise _NoAnswer(f"> {self.seconds} s")
            if response.status_code >= 500 and response.status_code != 501:
                raise _NoAnswer(f"HTTP {response.status_code}")
            return response.status_code, parse_json(bytes(content)) if content else None

    def _file(self, question: Question) -> Path:
        words = json.dumps([self.name.rstrip("/"), asdict(question)], sort_keys=True)
        digest = hashlib.sha256(words.encode()).hexdigest()
        return self.folder / digest[:2] / f"{digest}.json"

    def _kept(self, question: Question) -> Answer | None:
        try:
            content = json.loads(self._file(question).read_text(encoding="utf-8"))
            asked_at = datetime.fromisoformat(content["asked_at"])
            answer = Answer(content["is_right"], content["display"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return answer if self.clock() - asked_at < KEPT_FOR else None

    def _keep(self, question: Question, answer: Answer) -> None:
        file = self._file(question)
        content: dict[str, Any] = {
            "server": self.name,
            "question": asdict(question),
            "asked_at": self.clock().isoformat(),
        }
        content |= {"is_right": answer.is_right, "display": answer.display}
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
            part.replace(file)
        except OSError:
            return  # a cache that cannot be written costs time, not the judgement


def ask_server(address: str) -> TerminologyServer:
    """Returns the terminology server at an address, with its answers kept below the data folder."""
    return TerminologyServer(address, data_folder() / "terminology")


def _parameters(status: int, body: Any) -> dict[str, Any]:
    """Returns the single values of a Parameters resource by name."""
    if status != 200 or not isinstance(body, dict) or body.get("resourceType") != "Parameters":
        raise _NoAnswer(f"HTTP {status}")
    rows = body.get("parameter")
    parts = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return {
        str(row.get("name")): next(
            (value for name, value in row.items() if name.startswith("value")), None
        )
        for row in parts
    }
