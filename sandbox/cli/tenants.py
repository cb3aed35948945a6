"""`connectathon tenants`: the teams that have a space of their own on this server, below
`/t/NAME/fhir`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from sandbox.cli import tell
from sandbox.cli.options import Data


class Action(StrEnum):
    """What to do with tenants."""

    list = "list"
    add = "add"
    remove = "remove"


class Validation(StrEnum):
    """What happens to a resource with errors."""

    off = "off"
    warn = "warn"
    reject = "reject"


def tenants(
    action: Annotated[Action, typer.Argument(help=tell("tenants.action"))] = Action.list,
    name: Annotated[str, typer.Argument(help=tell("tenants.name"))] = "",
    validation: Annotated[
        Validation, typer.Option(help=tell("tenants.validation"))
    ] = Validation.off,
    seed: Annotated[str, typer.Option(help=tell("tenants.seed"))] = "none",
    data: Data = None,
) -> None:
    """Lists, adds or removes spaces; a running server knows of it at the next request."""
    from sandbox.cli.stored import opened, services_of
    from sandbox.clock import utc_now
    from sandbox.ddcc.forms import questionnaires
    from sandbox.fhir.dates import milliseconds_of
    from sandbox.server.seeding import plant_seed
    from sandbox.store.partitions import Tenant

    if action is not Action.list and not name:
        raise typer.BadParameter(tell("tenants.which"), param_hint="NAME")
    with opened(data) as partitions:
        if action is Action.list:
            for tenant in partitions.tenants():
                print(f"{tenant.name:<32} {tenant.validation:<8} /t/{tenant.name}/fhir")
        elif action is Action.add:
            partitions.add(Tenant(name, validation.value, milliseconds_of(utc_now())))
            plant_seed(seed, services_of(partitions, name), also=[questionnaires()])
            print(
                tell(
                    "tenants.added", name=name, place=f"/t/{name}/fhir", validation=validation.value
                )
            )
        elif partitions.remove(name):
            print(tell("tenants.removed", name=name))
        else:
            services_of(partitions, name)  # raises, with the nearest name
