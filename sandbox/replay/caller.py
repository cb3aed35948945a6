"""A person of the replay at the sandbox's JSON API: all that they do is a request in their name."""

from __future__ import annotations

import time
from typing import Any

import httpx

from sandbox.errors import PreconditionFailed, SandboxError
from sandbox.fhir.json import write_json
from sandbox.i18n import Language
from sandbox.web.egress import authorities

JSON = "application/json"
SECONDS = 120
BUSY = (429, 503)  # asked to come again
TRIES = 20


class Refused(SandboxError):
    """The API has refused what somebody of the replay asked for."""

    def __init__(self, answer: httpx.Response) -> None:
        self.code = answer.status_code
        super().__init__(
            "replay.refused",
            what=f"{answer.request.method} {answer.request.url.path}",
            status=answer.status_code,
            reason=answer.text[:300],
        )


class Caller:
    """Asks as one person, or as nobody where there is no session yet."""

    def __init__(self, url: str, *, session: str = "", language: Language) -> None:
        self.language = language
        headers = {"Accept-Language": language}
        if session:
            headers["Authorization"] = f"Bearer {session}"
        self.url = url
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=SECONDS, trust_env=False, verify=authorities()
        )

    def get(self, place: str, **query: str) -> Any:
        """Returns what an address of the API holds.

        Args:
            place: The path, such as `/api/people`.
            query: The parameters.

        Raises:
            Refused: The answer is an error.
        """
        return self._ask("GET", place, params=query).json()

    def post(self, place: str, body: Any = None) -> Any:
        """Sends JSON to an address of the API.

        Args:
            place: The path.
            body: What is sent; None for an empty object.

        Returns:
            The answer.

        Raises:
            MovedOn: Somebody else has changed it meanwhile.
            Refused: The answer is another error.
        """
        return self.send(place, write_json(body or {}), JSON)

    def put(self, place: str, body: Any) -> Any:
        """Puts JSON to an address of the API and returns the answer; raises Refused."""
        headers = {"Content-Type": JSON}
        return self._ask("PUT", place, content=write_json(body), headers=headers).json()

    def send(self, place: str, content: bytes, media: str, **query: str) -> Any:
        """Sends bytes to an address of the API.

        Args:
            place: The path.
            content: The bytes.
            media: Their content type.
            query: The parameters.

        Returns:
            The answer.

        Raises:
            Refused: The answer is an error.
        """
        headers = {"Content-Type": media}
        return self._ask("POST", place, content=content, headers=headers, params=query).json()

    def read(self, place: str, **query: str) -> bytes:
        """Returns the bytes of an address of the API; raises Refused."""
        return self._ask("GET", place, params=query).content

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def _ask(self, method: str, place: str, **given: Any) -> httpx.Response:
        for _ in range(TRIES):
            answer = self._http.request(method, place, **given)
            if answer.status_code not in BUSY:
                break
            # as long as it says; a person would wait too
            time.sleep(float(answer.headers.get("retry-after", "1")))
        if answer.status_code == PreconditionFailed.status:
            raise MovedOn(answer)
        if answer.is_error:
            raise Refused(answer)
        return answer


class MovedOn(Refused):
    """What somebody acts on has changed meanwhile, or cannot be done as it stands."""
