"""All routes of the JSON API."""

from __future__ import annotations

from starlette.routing import BaseRoute

from sandbox.api.audit import audit_routes
from sandbox.api.committee import committee_routes
from sandbox.api.conducting import conducting_routes
from sandbox.api.gallery import gallery_routes
from sandbox.api.instances import instance_routes
from sandbox.api.jobs import job_routes
from sandbox.api.lacchain_node import node_routes
from sandbox.api.links import link_routes
from sandbox.api.monitoring import monitoring_routes
from sandbox.api.notices import notice_routes
from sandbox.api.people import people_routes
from sandbox.api.plans import plan_routes
from sandbox.api.results import result_routes
from sandbox.api.routes import api_routes
from sandbox.api.stuck import stuck_routes
from sandbox.api.tokens import token_routes
from sandbox.api.trustlists import trustlist_routes
from sandbox.api.vci import vci_routes
from sandbox.api.vci_drafts import draft_routes
from sandbox.api.vp import vp_routes
from sandbox.api.wallet_service import wallet_service_routes


def interfaces() -> list[BaseRoute]:
    """Returns the routes of programs and of what pages send."""
    return [
        *api_routes(),
        *people_routes(),
        *notice_routes(),
        *audit_routes(),
        *job_routes(),
        *token_routes(),
        *monitoring_routes(),
        *instance_routes(),
        *plan_routes(),
        *result_routes(),
        *stuck_routes(),
        *conducting_routes(),
        *gallery_routes(),
        *trustlist_routes(),
        *link_routes(),
        *vci_routes(),
        *draft_routes(),
        *vp_routes(),
        *wallet_service_routes(),
        *node_routes(),
        *committee_routes(),
    ]
