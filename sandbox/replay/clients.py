"""The programs of the teams that send and read: a Document Source, a Document Consumer, an issuer
and a verifier of certificates.  The first two are those of the lessons.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from sandbox.certificates.issuing import issue, signer_of
from sandbox.certificates.keys import KeyList
from sandbox.certificates.revocation import handles_in
from sandbox.certificates.verifying import verify
from sandbox.clock import utc_now
from sandbox.course.client import Client
from sandbox.course.document_consumer import (
    DocumentConsumer,
    attachment_of,
    content_of,
    matches,
)
from sandbox.course.document_source import submission
from sandbox.course.documents import DocumentPanel
from sandbox.errors import BadRequest, InvalidContent
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, parse_json
from sandbox.i18n import Language
from sandbox.replay.script import Team
from sandbox.replay.world import IDENTIFIER, PATIENT
from sandbox.sentences import text_of
from sandbox.trust.cms import opened
from sandbox.trust.documents import read_list
from sandbox.trust.pki import CountryPki, new_pki
from sandbox.web.egress import authorities

LIST = "v2/trustlist/-/-/DSC/did.json"
LIFE = timedelta(days=180)
SECONDS = 60
MOST = "100"  # documents of a patient that are asked for at once


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A document as it came, with the metadata by which it was found."""

    content: bytes
    reference: Json


def is_as_promised(content: bytes, reference: Json) -> bool:
    """Tells whether bytes have the size and the hash that a DocumentReference promises (MHD
    3:4.65.4.1.2.1).
    """
    attachment = attachment_of(reference)
    digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    promised = (attachment.get("size", len(content)), attachment.get("hash", digest))
    return promised == (len(content), digest)


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of a team, at its own server."""

    team: Team
    place: str
    pki: CountryPki
    language: Language
    """Of the people who look at its screens."""

    def _client(self, base: str) -> closing[Client]:
        return closing(Client(base, language=self.language))

    def summary(self) -> Json:
        """Returns a new summary of the patient, made by the team's server."""
        with self._client(f"{self.place}/fhir") as client:
            answer = _answered(client.get(f"Patient/{PATIENT}/$summary"))
        return dict(parse_json(answer.body))

    def send(self, base: str, *, replaces: str = "") -> Exchange:
        """Submits a new summary to a Recipient (ITI-65).

        Args:
            base: The FHIR base of the Recipient, or of an inbox.
            replaces: The DocumentReference that it takes the place of.

        Returns:
            The exchange.
        """
        document = self.summary()
        sent = submission(document, patient=f"Patient/{PATIENT}", replaces=replaces)
        if "source_hash_in_hex" in self.team.clients:
            sent = _with_hash_in_hex(sent)
        with self._client(base) as client:
            return _answered(client.transact(sent))

    def retrieve(self, base: str, document: str = "") -> Retrieved | None:
        """Searches lists and documents of the patient at a base, and fetches the newest, or the one
        of a masterIdentifier (ITI-66 to 68); returns None where there is none.
        """
        lists = {"patient.identifier": IDENTIFIER, "code": "submissionset", "status": "current"}
        with self._client(base) as client:
            client.get("List", **lists)
            consumer = DocumentConsumer(client)
            found = _answered(consumer.find(IDENTIFIER, _count=MOST))
            for reference in matches(found):
                if document in ("", _name_of(reference)):
                    fetched = _answered(consumer.retrieve(reference))
                    return Retrieved(content_of(fetched), reference)
        return None

    def shown(self, content: bytes) -> str:
        """Returns what the screen of the Consumer shows of a document."""
        try:
            return repr(DocumentPanel(parse_json(content), self.language))
        except InvalidContent as error:
            return text_of(error.as_finding(), self.language)

    def certificate(self) -> str:
        """Issues a certificate and returns the text of its code."""
        now = utc_now()
        ends = now - timedelta(days=1) if "issuer_expired" in self.team.clients else now + LIFE
        dose = {"vp": "YellowFeverProductd2c75a15", "dt": "2025-11-03", "bo": "A1", "is": "MINSAL"}
        patient = {"n": "Luzia Nogueira", "dob": "1990-05-02", "ndt": "NI", "nid": "99902431585"}
        (pair, *_) = self.pki.dsc
        signer = signer_of(pair.certificate, pair.key)
        begins = min(now, ends - timedelta(days=1))
        return issue({**patient, "v": dose}, signer, at=begins, ends=ends, dialect="icvp_2025")

    def judge_codes(self, inbox: str) -> None:
        """Fetches the trust list and the codes of an inbox, and tells it what the verifier says of
        each.
        """
        with httpx.Client(
            base_url=inbox, timeout=SECONDS, trust_env=False, verify=authorities()
        ) as client:
            listed = client.get(f"{inbox}/{LIST}", headers={"Accept": "application/json"}).json()
            codes = client.get(f"{inbox}/$certificates").json()["codes"]
            revoked = _revoked(client, inbox)
            keys = KeyList(read_list(listed, at=utc_now()).keys)
            verdicts = {
                str(code["number"]): self._verdict(code["text"], keys, revoked) for code in codes
            }
            client.get(f"{inbox}/$proof", params=verdicts)

    def _verdict(self, text: str, keys: KeyList, revoked: frozenset[str]) -> str:
        if "verifier_believes_all" in self.team.clients:
            return "valid"
        verdict = verify(text, keys, at=utc_now(), revoked=revoked).verdict
        return "valid" if verdict in ("valid", "deviates") else "invalid"


def programs_of(team: Team, place: str, language: Language, *, at: datetime) -> Programs:
    """Returns the programs of a team with certificates of their own.

    Args:
        team: The team.
        place: The address below which its server has `/fhir`.
        language: Of its people.
        at: From when on its certificates count.
    """
    return Programs(team, place, new_pki(team.country, at=at), language)


def _revoked(client: httpx.Client, inbox: str) -> frozenset[str]:
    """Returns the handles in the batches that an inbox lists as taken back."""
    listed = client.get(f"{inbox}/revocation-list").json()["batches"]
    batches = [client.get(f"{inbox}/revocation-list/{row['batchId']}").content for row in listed]
    return frozenset(handles_in([parse_json(opened(batch)[0]) for batch in batches]))


def _answered(exchange: object) -> Exchange:
    # a blank comes of a learner's blank alone, and none is given here
    if not isinstance(exchange, Exchange):
        raise BadRequest("course.outside", where="path", path="–", base="–")
    return exchange


def _name_of(reference: Json) -> str:
    return str(reference.get("masterIdentifier", {}).get("value", ""))


def _with_hash_in_hex(bundle: Json) -> Json:
    """Returns a submission whose hash is the Base64 of the hexadecimal digits, a common slip."""
    for entry in bundle["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "DocumentReference":
            attachment = resource["content"][0]["attachment"]
            digits = base64.b64decode(attachment["hash"]).hex()
            attachment["hash"] = base64.b64encode(digits.encode()).decode()
    return bundle
