"""The event's own endpoint shapes beside the standard ones, so that an existing integration can be
pointed here.

    /mediator/fhir/Bundle   the mediator of the LACPASS Docker set (there port 3000)
    /ddcc, /icvp            the mediators of certificates (there port 4321)
    /v2/vshc…               the VHL service (there port 8182)
    /regional/...           the regional node (there port 5001)

Below `/fhir` stand WHO's operations for certificates, which the event asks for; importing this
package registers them. Thin: what is stored, searched and judged is the server's own work.
"""

from starlette.routing import Route

from sandbox.lacpass.certificates import certificate_routes
from sandbox.lacpass.health_links import health_link_routes
from sandbox.lacpass.mediator import mediator_routes
from sandbox.lacpass.regional import regional_routes
from sandbox.server.partitions import Tenants
from sandbox.settings import Settings


def lacpass_routes(tenants: Tenants, settings: Settings) -> list[Route]:
    """Returns the routes of all of the event's endpoints."""
    return [
        *mediator_routes(tenants, settings),
        *certificate_routes(tenants, settings),
        *health_link_routes(settings),
        *regional_routes(tenants, settings),
    ]
