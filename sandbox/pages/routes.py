"""All that a sandbox answers beside FHIR: the API, inboxes, and pages, which are the first ones,
those on which an event is lived, tools and desk with them.
"""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute

from sandbox.api.doors import door_routes
from sandbox.api.interfaces import interfaces
from sandbox.api.unknown import unknown_routes
from sandbox.pages.access import access_pages
from sandbox.pages.allowing import allowing_pages
from sandbox.pages.audit import audit_pages
from sandbox.pages.authorizing import authorizing_pages
from sandbox.pages.certificates import certificate_pages
from sandbox.pages.committee import committee_pages
from sandbox.pages.conducting import conducting_pages
from sandbox.pages.desk import desk_pages
from sandbox.pages.document import document_routes
from sandbox.pages.editing import editing_pages
from sandbox.pages.event import event_pages
from sandbox.pages.first import first_pages
from sandbox.pages.gallery import gallery_pages
from sandbox.pages.guides import guide_pages
from sandbox.pages.health_cards import health_card_pages
from sandbox.pages.help import help_pages
from sandbox.pages.home import style_routes
from sandbox.pages.instances import instance_pages
from sandbox.pages.jobs import job_pages
from sandbox.pages.monitoring import monitoring_pages
from sandbox.pages.notifications import notification_pages
from sandbox.pages.opening import opening_pages
from sandbox.pages.overruling import overruling_pages
from sandbox.pages.parts import part_pages
from sandbox.pages.people import people_pages
from sandbox.pages.readiness import readiness_routes
from sandbox.pages.registering import registering_pages
from sandbox.pages.results import result_pages
from sandbox.pages.runs import run_routes
from sandbox.pages.search import search_pages
from sandbox.pages.sharing import share_pages
from sandbox.pages.teams import team_routes
from sandbox.pages.tokens import token_pages
from sandbox.pages.trustlists import trust_list_pages
from sandbox.pages.validate import validate_pages
from sandbox.pages.wallet import wallet_pages
from sandbox.server.http import FhirEndpoint
from sandbox.server.partitions import Tenants
from sandbox.settings import Settings


def all_routes(tenants: Tenants, settings: Settings) -> list[BaseRoute]:
    """Returns the routes of programs, of inboxes and of pages."""
    return [
        *document_routes(tenants, settings),
        *readiness_routes(tenants, settings),
        *interfaces(),
        # An inbox serves FHIR alone: whatever else is asked of it is 404, not one of our pages.
        *door_routes(FhirEndpoint(tenants, settings, PlainTextResponse("", 404))),
        *unknown_routes(),
        *page_routes(),
    ]


def page_routes() -> list[BaseRoute]:
    """Returns the routes of all pages but those of documents and of nodes, and what pages load."""
    return [
        *first_pages(),
        *style_routes(),
        *share_pages(),
        *run_routes(),
        *allowing_pages(),
        *audit_pages(),
        *job_pages(),
        *certificate_pages(),
        *trust_list_pages(),
        *committee_pages(),
        *opening_pages(),
        *wallet_pages(),
        *authorizing_pages(),
        *health_card_pages(),
        *team_routes(),
        *people_pages(),
        *registering_pages(),
        *token_pages(),
        *notification_pages(),
        *access_pages(),
        *monitoring_pages(),
        *overruling_pages(),
        *instance_pages(),
        *editing_pages(),
        *event_pages(),
        *result_pages(),
        *conducting_pages(),
        *desk_pages(),
        *validate_pages(),
        *gallery_pages(),
        *search_pages(),
        *guide_pages(),
        *help_pages(),
        *part_pages(),
    ]
