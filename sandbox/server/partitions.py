"""Which partition a request works on: the main data below `/fhir`, a team's own below
`/t/{team}/fhir`.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.definitions.r4 import nearest
from sandbox.errors import NotFound
from sandbox.server.call import Services
from sandbox.server.search.reindexing import CatchingUp, mark_new
from sandbox.store.partitions import Partitions, Tenant
from sandbox.store.resources import ResourceStore


class Tenants:
    """Gives the services of each tenant: those of the main data, over a store of its own."""

    def __init__(self, partitions: Partitions, main: Services) -> None:
        self._partitions = partitions
        # Keyed by the whole tenant: one that was added again, or validates differently, is another
        # key.
        self._known: dict[Tenant, Services] = {}
        self.main = main
        self.catching_up = CatchingUp([])
        """What is stored of an older version; nothing, unless whoever opened it looked."""

    def of(self, team: str) -> Services:
        """Returns the services of a team's own data, or of the main data for an empty name.

        Raises:
            NotFound: There is no such team; the error names the nearest one, if any is near.
        """
        if not team:
            return self.main
        # Looked up on every request: `connectathon tenants` adds and removes them while we run.
        tenant = self._partitions.find(team)
        if tenant is None:
            known = [known_tenant.name for known_tenant in self._partitions.tenants()]
            near = nearest(team, known)
            if not near:
                raise NotFound("server.no_tenant_alike", where=f"/t/{team}", name=team)
            raise NotFound("server.no_tenant", where=f"/t/{team}", name=team, near=near)
        services = self._known.get(tenant)
        if services is None:
            store = ResourceStore(self._partitions.open(tenant))
            # else all that its team stores would be written anew at the next start
            mark_new(store)
            services = replace(self.main, store=store, validation=tenant.validation, bases=set())
            self._known[tenant] = services
        return services
