"""A run's evidence in a notebook: inspect each exchange, and let today's checks judge it again,
offline.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import httpx

from sandbox.course.cards import Card, Row
from sandbox.course.display import language_of_notebook, show_exchanges
from sandbox.course.judging import judgement_rows
from sandbox.errors import BadRequest
from sandbox.exchange import Exchange
from sandbox.i18n import Language, as_language, say
from sandbox.web.addresses import refuse_userinfo
from sandbox.web.egress import authorities, way_out

SECONDS = 30


class Evidence:
    """The evidence of one run, as `connectathon export RUN --as evidence` or the server gives
    it.
    """

    def __init__(self, content: bytes, language: Language) -> None:
        from sandbox.event.run import read_run

        # the test bench takes its time to import, and few notebooks need it
        from sandbox.store.runs import Event

        self._language = language
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                lines = archive.read("events.ndjson").decode().splitlines()
                names = [name for name in archive.namelist() if name.startswith("bodies/")]
                self._bodies = {name.removeprefix("bodies/"): archive.read(name) for name in names}
                run = json.loads(archive.read("manifest.json"))["run"]
            rows = [json.loads(line) for line in lines]
            self._events = [
                Event(run, row["number"], row["kind"], row["at"], json.dumps(row["body"]))
                for row in rows
            ]
            self._run = read_run(self._events)
        # any file may be handed in: what breaks while it is read says that it is no evidence
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError):
            raise BadRequest("course.no_evidence", where="evidence") from None

    def exchange(self, number: int) -> Exchange:
        """Returns an exchange of the run.

        Raises:
            NotFound: It has none of that number.
        """
        from sandbox.event.run import exchange_of

        return exchange_of(
            self._run.id, self._events, number, lambda hash: self._bodies.get(hash, b"")
        )

    def judge(self, test: str) -> Card:
        """Returns what today's checks say of a test, from the stored exchanges.

        Args:
            test: Its number or id.

        Raises:
            NotFound: The track has no such test.
        """
        from sandbox.testbench.engine import judge_at_once
        from sandbox.testbench.tracks import choose

        (chosen,) = choose(self._run.track.id, [test])
        outcome = self._run.outcomes.get(chosen.id)
        stored = [self.exchange(number) for number in outcome.exchanges] if outcome else []
        result = judge_at_once(chosen, self._run.given, stored)
        title = say(self._run.track.title_of(chosen), self._language)
        verdict = say(f"testbench.verdict.{result.verdict}", self._language)
        rows: list[Row] = judgement_rows(list(result.findings), self._language)
        kind = {"pass": "passed", "warn": "passed", "fail": "failed"}.get(result.verdict, "error")
        return Card(kind, self._language, f"{chosen.number} · {title}: {verdict}", rows)

    def __repr__(self) -> str:
        verdict = say(f"testbench.verdict.{self._run.verdict}", self._language)
        return f"{self._run.id}  {self._run.track.id} → {self._run.system}: {verdict}"


def evidence(source: str, *, lang: str = "") -> Evidence:
    """Opens the evidence of a run.

    Args:
        source: A file, or the address from which a server gives it.
        lang: The language of what is shown; that of the notebook where it is empty.

    Raises:
        BadRequest: There is none, or it is something else.
    """
    language = as_language(lang) if lang else language_of_notebook()
    show_exchanges(language)
    if not source.startswith(("http://", "https://")):
        if not Path(source).is_file():
            raise BadRequest("course.no_evidence", where=source)
        return Evidence(Path(source).read_bytes(), language)
    refuse_userinfo(source, where="source")
    try:
        reply = httpx.get(
            source, timeout=SECONDS, trust_env=False, proxy=way_out(source), verify=authorities()
        )
    except (httpx.HTTPError, httpx.InvalidURL):
        raise BadRequest("course.no_evidence", where=source) from None
    return Evidence(reply.content, language)
