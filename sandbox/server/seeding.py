"""Seeds: the data a new sandbox starts with, stored through the server's own transaction, so that
it is judged too.

`training:WORD` is the seed `training` with other data, which the word draws (`varying`).  The data
of a pack that is in use are part of every seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sandbox.errors import NotFound
from sandbox.fhir.json import Json, parse_json
from sandbox.packs import pack_seed
from sandbox.server.call import Call, Services
from sandbox.server.interactions.bundles import process_bundle
from sandbox.server.varying import varied
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


def plant_seed(name: str, services: Services, *, also: Sequence[Json] = ()) -> None:
    """Stores each transaction Bundle of the seed in one go, unless the database holds resources
    already.

    Args:
        name: One of `seed_names()`, with a word behind a colon for other data.
        services: Those of the tenant that is to have it.
        also: Transaction Bundles of rooms that the server does not know, stored behind the seed.

    Raises:
        NotFound: There is no such seed.
    """
    folder, _, word = name.partition(":")
    if folder not in seed_names():
        raise NotFound("server.no_seed", where="--seed", name=name, known=", ".join(seed_names()))
    if folder == NO_SEED or services.store.count_by_type():
        return
    files = [*sorted((seeds_folder() / folder).glob("*.json")), *pack_seed()]
    bundles = [parse_json(file.read_bytes()) for file in files]
    # All or nothing: with half a seed stored, the next start would not plant the rest.
    with services.store.writing():
        # A placeholder for the base: before the first request we do not know our own address.
        for bundle in (*(varied(bundles, word) if word else bundles), *also):
            process_bundle(Call("seed:", body=bundle), services)
