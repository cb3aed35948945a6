"""One FHIR request and its reply, free of HTTP machinery: an entry of a transaction Bundle is a
Call too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.clock import Clock
from sandbox.fhir.json import Json
from sandbox.findings import Finding
from sandbox.i18n import Language
from sandbox.ids import NewId
from sandbox.store.resources import ResourceStore
from sandbox.workers import Pool, pool_of

if TYPE_CHECKING:  # loaded with the first certificate, not with the server
    from sandbox.sharing import Links
    from sandbox.trust.folder import TrustFolder

Find = Callable[[str, str], list[Json]]
"""Returns the stored resources of a type with an identifier, written `system|value`."""


@dataclass(frozen=True, slots=True)
class SubmissionRules:
    """Callbacks of `sandbox.mhd` for Provide Document Bundles."""

    check: Callable[[object], list[Finding] | None] = lambda _: None
    """Says what is wrong with one by itself; None for a Bundle that submits no document."""
    compare: Callable[[object, Find], list[Finding]] = lambda _, __: []
    """Says what is wrong with it beside what is stored."""


@dataclass(frozen=True, slots=True)
class Services:
    """What interactions work with; effects come in here and nowhere else."""

    store: ResourceStore
    clock: Clock
    new_id: NewId
    validation: str = "off"
    """`off`, `warn` or `reject`: what is done with a resource that has errors."""
    submissions: SubmissionRules = field(default_factory=lambda: SubmissionRules())
    bundle_refusals: tuple[Callable[[Json], None], ...] = ()
    """What rooms further up refuse of a Bundle by raising, before anything of it is stored."""
    audit: Audit | None = None
    """Which interactions leave an audit record, and how; None where none do."""
    trust: Callable[[], TrustFolder] | None = None
    """Who signs certificates here and whose are believed; None where none are issued."""
    country: str = ""
    """Whose key signs them."""
    links: Callable[[], Links] | None = None
    """The health links that are given out here; None where none are."""
    workers: Pool = field(default_factory=lambda: pool_of(1))
    """Where what is sent is judged."""
    bases: set[str] = field(default_factory=set, compare=False)
    """Addresses under which this store was written to since the start."""


@dataclass(frozen=True, slots=True)
class Call:
    """A routed request: `query` in the order received, `headers` with lower-case names, `base`
    without end slash.
    """

    base: str
    language: Language = "en"
    type: str = ""
    id: str = ""
    version: str = ""
    member: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is a JSON value or the bytes of one, None for no content."""

    status: int
    body: Json | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    """What the judge said about a resource that was stored, where its tenant validates."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An interaction that was carried out or refused: `code` is its name, `client` the address that
    asked.

    `agent` is what the client calls itself; `body` and `location` are those of the reply, if there
    was one.
    """

    code: str
    call: Call
    method: str
    url: str
    client: str
    agent: str
    status: int
    body: Any = None
    location: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """The interactions, by name and type, that leave an audit record, and what keeps it."""

    interactions: frozenset[tuple[str, str]]
    keep: Callable[[AuditRecord, Services], None]


Handler = Callable[[Call, Services], Reply]
