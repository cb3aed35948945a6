"""Tries what lets into a system: one question to each of its bases, and what came of it in words.

Of an answer nothing but its status is told: a system may send back what it was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import httpx

from sandbox.errors import SandboxError
from sandbox.event.systems import System
from sandbox.findings import Finding, Severity
from sandbox.i18n import Language
from sandbox.limits import ANSWER_SILENCE_SECONDS
from sandbox.redact import SHORTEST, credentials_in, hidden_by, redact_text
from sandbox.testbench.script import FHIR_JSON
from sandbox.testbench.sending import FAULTS, REDIRECTS

QUESTION = "metadata"  # FHIR R4 http.html#capabilities
REFUSED = (401, 403)
UNREACHED = ("access.unreachable", "access.silent", "testbench.address_private")


async def try_entry(
    system: System, way: httpx.AsyncBaseTransport, language: Language
) -> list[Finding]:
    """Returns what came of it at each base of a system, in the order in which they stand there.

    Args:
        system: Whose bases are asked.
        way: Leads there, and adds what lets in; it is closed.
        language: In which the system is asked to answer.
    """
    bases = dict.fromkeys((system.base, *system.bases.values()))
    headers = {"Accept": FHIR_JSON, "Accept-Language": language}
    async with httpx.AsyncClient(
        transport=way, timeout=ANSWER_SILENCE_SECONDS, headers=headers, trust_env=False
    ) as http:
        return [await _ask(http, way, base.rstrip("/")) for base in bases]


def wants_agent(findings: Iterable[Finding]) -> bool:
    """Tells whether an agent inside the team's network could reach what this server did not."""
    return any(finding.key in UNREACHED for finding in findings)


def agent_absent(system: str, server: str) -> Finding:
    """Returns how an agent is started, for a system that none reaches.

    Args:
        system: The alias.
        server: The address of this server.
    """
    return _finding("agent_absent", "warning", "", system=system, server=server)


async def _ask(http: httpx.AsyncClient, way: httpx.AsyncBaseTransport, base: str) -> Finding:
    try:
        async with asyncio.timeout(ANSWER_SILENCE_SECONDS):
            async with http.stream("GET", f"{base}/{QUESTION}") as response:
                return _told(base, response.status_code)
    except SandboxError as error:
        return error.as_finding()
    except TimeoutError:
        return _finding("silent", "error", base, seconds=ANSWER_SILENCE_SECONDS)
    except FAULTS as error:
        sent = [("authorization", value) for value in hidden_by(way)]
        reason = f"{type(error).__name__} {error}".strip()
        hidden = credentials_in(sent, shortest=SHORTEST)
        return _finding("unreachable", "error", base, reason=redact_text(reason, hidden))


def _told(base: str, status: int) -> Finding:
    if status == 200:
        return _finding("answers", "information", base, status=status)
    if status in REFUSED:
        return _finding(f"refused_{status}", "error", base, status=status)
    if status in REDIRECTS:
        return _finding("leads_elsewhere", "warning", base, status=status)
    return _finding("other_answer", "warning", base, status=status)


def _finding(name: str, severity: Severity, base: str, **params: object) -> Finding:
    key = f"access.{name}"
    return Finding(key, severity, key, {"base": base, **params}, issue="login", where=base)
