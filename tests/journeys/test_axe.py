"""axe-core, by others, finds nothing on any page of an event that is being lived, in three languages, in the light and in
the dark; no page scrolls sideways on a phone, and the first one is small.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route

from sandbox.credentials.border import QUERY
from sandbox.fhir.json import write_json
from sandbox.i18n import LANGUAGES
from sandbox.pages.routes import page_routes
from tests.conftest import AXE
from tests.journeys.lived import PATIENT, Lived, lived
from tests.journeys.test_event import browser
from tests.journeys.test_wallet_phone import asks_its_holder
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.ips.test_reading import a_document

pytestmark = [pytest.mark.slow, pytest.mark.needs("browser"), pytest.mark.xdist_group("browser")]
__all__ = ["browser"]
Schemes = tuple[tuple[str, dict[str, Any]], ...]
PHONE = 390
SEEN_BY = {
    "participant": ("/", "/team", "/instances", "/event", "/gallery", "/desk", "/me"),
    "monitor": ("/", "/instances/queue", "/queue"),
    "": ("/", "/register", "/register/{secret}", "/results/{plan}", "/practice", "/enter/{code}", "/team"),
}  # fmt: skip
"""Pages that look otherwise for others than facilitators."""
OF_SPACES = ("/readiness", "/readiness/{node}", "/ips/patient/{id}")
"""Pages whose routes need the spaces of a server."""
NO_PAGE = re.compile(r"\.(js|css|csv|pdf)$|/notebook$|/export$|/certificates/picture$")
FILE = "/report.html"
FIRST_PAGE_BYTES = 60_000
FAULTS = (
    "async (rules) => (await axe.run(document, {resultTypes: ['violations'], ...rules})).violations"
)
LIGHT: Schemes = (("light", {}),)
BOTH: Schemes = (("dark", {"runOnly": ["color-contrast", "link-in-text-block"]}), *LIGHT)
"""What colours decide is alike in all languages: the dark is looked at in one."""
POST = """([place, fields]) => {
  const form = document.createElement("form");
  form.method = "post"; form.action = place;
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("textarea");
    field.name = name; field.value = value; form.append(field);
  }
  document.body.append(form); form.submit();
}"""


@pytest.fixture(scope="module")
def event() -> Iterator[Lived]:
    with lived() as running:
        yield running


BY_OTHERS = {"/mail/{ticket}", "/vci/{country}/authorize", "/wallet/back"}
"""Only a mail holds the first address, and this server sends none; only a wallet the second, for five minutes: what is shown there after
a wrong PIN is looked at among the answers of forms; and an issuer's page leads to the third, once, which leads on."""


def paths() -> list[str]:
    """The path of each page that is asked for by GET."""
    routes = page_routes()
    found = {
        route.path
        for route in routes
        if isinstance(route, Route) and "GET" in (route.methods or ())
    }
    found.update(OF_SPACES)
    return sorted(path for path in found - BY_OTHERS if not NO_PAGE.search(path))


def posted(event: Lived) -> dict[str, tuple[str, dict[str, str]]]:
    """What forms of tools answer with, which has no address of its own."""
    document = write_json(a_document()).decode()
    broken = '{"resourceType": "Patient", "gender": "x", "birthDate": "1999"}'
    with event.asked() as client:
        authorizing = asks_its_holder(client)
        offer = client.post(
            "/api/offers", content=write_json({"country": "CL", "content": CONTENTS["icvp_2025"]})
        ).json()
        asked = client.post(
            "/api/requests", content=write_json({"country": "PA", "query": QUERY})
        ).json()
        contested = event.places["overruling"]
        (result, *_) = client.get(f"/api{contested}").json()["bench"]
    ruled = {"run": result["run"], "test": result["failed"][0]["id"], "reason": "x"}
    return {
        "a ruling that lacks its verdict": (f"{contested}/overrulings", ruled),
        "a judged document": ("/validate", {"document": broken}),
        "a right document": ("/validate", {"document": document}),
        "a refused certificate": ("/certificates", {"text": "HC1:NCF"}),
        "an opened link": ("/open", {"text": "shlink:/abc"}),
        "cards": ("/cards", {"patient": PATIENT}),
        "an offer": ("/wallet", {"text": offer["link"]}),
        "a question": ("/wallet", {"text": asked["link"]}),
        "an agreement": (authorizing, {"decision": "agree", "pin": "1"}),
        "a refusal": ("/team/systems", {"name": "Ñ", "base": "x"}),
        "a refused registration": ("/register", {"name": "x"}),
    }


class Looking:
    """Looks at pages in one window, and keeps what is wrong with them."""

    def __init__(self, page: Any, language: str) -> None:
        self.page = page
        # the browser keeps it for each page to come: 650 KB are sent once
        page.add_init_script(path=AXE)
        self.schemes = BOTH if language == "es" else LIGHT
        self.faults: list[str] = []

    def open(self, address: str, *, may_refuse: bool) -> None:
        """Opens a page; a report that is a file for others is shown as they would see it."""
        if FILE in address:
            # the policy of the page before would forbid the styles that a file carries
            self.page.goto("about:blank")
            self.page.set_content(self.page.context.request.get(address).text())
            return
        status = self.page.goto(address).status
        # who has no session is asked to come in, by a page as well
        if status >= 400 and not may_refuse:
            self.faults.append(f"{address}: {status}")

    def look(self, name: str) -> None:
        """Looks at the page that is open: in the light, in the dark, and how wide it is."""
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE:
            self.faults.append(f"{name}: {width} wide")
        for scheme, rules in self.schemes:
            self.page.emulate_media(color_scheme=scheme)
            for fault in self.page.evaluate(FAULTS, rules):
                where = fault["nodes"][0]["html"][:160]
                self.faults.append(
                    f"{name}, {scheme}: {fault['id']} ({len(fault['nodes'])}): {where}"
                )


@pytest.mark.daily("axe", share=1 / 3, each="language")
@pytest.mark.needs("axe")
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    event: Lived, browser: Any, language: str
) -> None:
    faults: list[str] = []
    seen = {"facilitator": [*paths(), "overruling"], **SEEN_BY}
    for who, places in seen.items():
        looking = Looking(event.window(browser, who), language)
        for path in places:
            place = event.places.get(path, path)
            sign = "&" if "?" in place else "?"
            looking.open(f"{event.server}{place}{sign}lang={language}", may_refuse=not who)
            looking.look(f"{who or 'visitor'} {place}")
        faults += looking.faults
    assert faults == []


@pytest.mark.daily("axe", share=1 / 3, each="language")
@pytest.mark.needs("axe")
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_what_forms_answer(event: Lived, browser: Any, language: str) -> None:
    looking = Looking(event.window(browser, "facilitator"), language)
    for name, (place, fields) in posted(event).items():
        looking.page.goto(f"{event.server}/parts")
        sign = "&" if "?" in place else "?"
        with looking.page.expect_navigation():
            looking.page.evaluate(POST, [f"{place}{sign}lang={language}", fields])
        looking.look(name)
    assert looking.faults == []


def test_each_page_of_the_table_of_routes_is_looked_at(event: Lived) -> None:
    """A page that is new and needs something to show fails here until `lived` leaves it something."""
    unfilled = [path for path in paths() if "{" in path and path not in event.places]
    assert unfilled == []


def test_the_first_page_of_each_is_small(event: Lived) -> None:
    sizes = {}
    for who in ("", *event.sessions):
        with event.asked(who) as client:
            page = client.get("/").content
            others = re.findall(rb'(?:src|href)="([a-z]+\.(?:css|js))"', page)
            sizes[who] = len(page) + sum(
                len(client.get(f"/{name.decode()}").content) for name in set(others)
            )
    assert all(size < FIRST_PAGE_BYTES for size in sizes.values()), sizes


MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
NO_MOMENT = re.compile(
    r"<(time|pre|code|textarea|script|style|datalist|option|h1)\b.*?</\1>|<[^>]*>", re.DOTALL
)
"""What shows a moment as it must, or shows what others wrote as they wrote it."""


def test_no_page_shows_a_moment_but_in_the_time_of_the_event(event: Lived) -> None:
    bare = {}
    with event.asked() as client:
        for path in paths():
            place = event.places.get(path, path)
            page = client.get(place).text
            moments = MOMENT.findall(NO_MOMENT.sub(" ", page))
            # a report is a file for others, and a document says its own: both in ISO 8601
            if moments and FILE not in place and path != "/gallery/{sample}":
                bare[place] = moments[:3]
    assert bare == {}
