"""Seeds: the data a new sandbox starts with, stored through the server's own transaction, so that
it is judged too.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.ddcc.forms import forms, questionnaire
from sandbox.errors import NotFound
from sandbox.fhir.json import Json, parse_json
from sandbox.server.call import Call, Services
from sandbox.server.interactions.bundles import process_bundle
from sandbox.shipped import shipped

NO_SEED = "none"


def seeds_folder() -> Path:
    """Returns the folder whose sub-folders are the seeds."""
    return shipped("datasets") / "seeds"


def seed_names() -> list[str]:
    """Returns the names that `--seed` takes."""
    folder = seeds_folder()
    return (
        [NO_SEED, *sorted(entry.name for entry in folder.iterdir() if entry.is_dir())]
        if folder.is_dir()
        else [NO_SEED]
    )


def plant_seed(name: str, services: Services) -> None:
    """Stores each transaction Bundle of a seed, unless the database already holds resources.

    Raises:
        NotFound: There is no seed of that name.
    """
    if name not in seed_names():
        raise NotFound("server.no_seed", where="--seed", name=name, known=", ".join(seed_names()))
    if name == NO_SEED or services.store.count_by_type():
        return
    # All or nothing: with half a seed stored, the next start would not plant the rest.
    with services.store.writing():
        # A placeholder for the base: before the first request we do not know our own address.
        for file in sorted((seeds_folder() / name).glob("*.json")):
            process_bundle(Call("seed:", body=parse_json(file.read_bytes())), services)
        process_bundle(Call("seed:", body=_questionnaires()), services)


def _questionnaires() -> Json:
    """Returns the transaction that stores the forms of health certificates."""
    asked = [questionnaire(one) for one in forms().values() if one.is_published]
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"Questionnaire/{one['id']}"}}
        for one in asked
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}
