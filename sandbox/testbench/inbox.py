"""What a track declares of the inbox of its runs: what it offers beside FHIR, what it takes as
proof, how it changes an answer, and which other systems take part.

The doors read these declarations and know no track.  Pure: what an offer needs of the sandbox
comes in with the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sandbox.clock import Clock
from sandbox.fhir.json import write_json

# what signs and seals is loaded with the first offer: it takes a tenth of a second
if TYPE_CHECKING:
    from sandbox.sharing import Links
    from sandbox.trust.folder import TrustFolder

JSON = "application/json"
WELL_KNOWN = re.compile(r"/\.well-known/([\w-]+)/")
FieldKind = Literal["text", "number", "choice"]


@dataclass(frozen=True, slots=True)
class OfferServices:
    """What offers work with; effects come in here and nowhere else."""

    clock: Clock
    country: str
    """Whose key signs, as ISO 3166-1 alpha-2."""
    trust: Callable[[], TrustFolder]
    links: Callable[[], Links]


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """A request to an offer: `place` is the path below the base of the inbox, `host` the header."""

    method: str
    place: str
    body: bytes
    host: str
    inbox: str
    """Name of the inbox, `RUN.SECRET`: the same in each request of a run, and unguessable."""
    base: str
    """Address of the inbox as the client sees it."""
    services: OfferServices
    headers: Mapping[str, str] = field(default_factory=dict)
    """By their names in small letters."""
    came: tuple[str, ...] = ()
    """What came to the inbox before, as `METHOD place`: an offer keeps nothing itself."""


@dataclass(frozen=True, slots=True)
class OfferReply:
    """What an offer answers with."""

    body: bytes
    content_type: str = JSON
    status: int = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that an inbox gives by itself: `place` is a regular expression for the whole path
    below its base, as that of a Capture is.

    `answer` may raise SandboxError, which becomes JSON as health links have it.
    """

    place: str
    answer: Callable[[OfferRequest], OfferReply]
    example: str = ""
    """The address that a page links to; empty for what only a system asks for."""

    def has_place(self, place: str) -> bool:
        """Tells whether a path below the base is this offer's."""
        return bool(re.fullmatch(self.place, place))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a proof: `label` is the key of its sentence, without one its name is shown."""

    name: str
    label: str = ""
    kind: FieldKind = "text"
    choices: Mapping[str, str] = field(default_factory=dict)
    """Values with the keys of their sentences."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a system, or whoever sits before it, tells the inbox of what it has read.

    It comes as `GET PLACE?field=value…`; the page of a run shows the fields as a form.
    """

    fields: tuple[Field, ...]
    introduction: str = ""
    """The key of the sentence above the form; empty for none."""
    input: str = ""
    """The input without which a page shows no form; empty where it always does."""
    place: str = "$proof"


@dataclass(frozen=True, slots=True)
class Alteration:
    """A change of what the bundled server answers in an inbox, in runs with an input; `place` as of
    an offer.
    """

    place: str
    input: str
    change: Callable[[bytes], bytes]

    def has_place(self, place: str) -> bool:
        """Tells whether answers of a path below the base are changed."""
        return bool(re.fullmatch(self.place, place))


@dataclass(frozen=True, slots=True)
class Peer:
    """Another system that takes part in a run, named by its alias in an input.

    One of another team must have registered itself as the actor: who registers so offers to be met.
    """

    input: str
    actor: str
    is_recipient: bool = False
    """Whether what comes to the inbox goes on to it, in place of the bundled server."""


def place_in(url: str, inbox: str) -> str:
    """Returns the path below the base of an inbox.

    Args:
        url: What a client asked for.
        inbox: The name of the inbox: behind a proxy nothing before it is the same.

    Returns: What is well known of an address below the base stands before it, as `.well-known/NAME`
        (RFC 8615 3), and so it does here.
    """
    before, _, rest = url.partition(f"/{inbox}/fhir")
    place = rest.partition("?")[0].strip("/")
    known = WELL_KNOWN.search(before)
    return f".well-known/{known[1]}/{place}" if known else place


def json_reply(content: Any, status: int = 200) -> OfferReply:
    """Returns a reply in JSON."""
    return OfferReply(write_json(content), JSON, status)
